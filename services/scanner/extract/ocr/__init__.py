"""OCR of scanned PDFs and attached images. Off by default, and loaded only when it is needed."""
