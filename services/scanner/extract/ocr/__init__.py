"""Recognition of characters in pictures: scanned PDFs and attached images. Off by default, loaded when it is needed."""
