"""The text of PDF and HTML pages with its place on the page."""
