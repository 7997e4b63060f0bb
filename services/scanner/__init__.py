"""The scanner: does the scans, slice by slice."""
