"""PDF documents: invoices in several layouts, hybrids with embedded XML, and documents that are no
invoices."""
