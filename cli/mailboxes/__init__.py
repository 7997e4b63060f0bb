"""Adding, finding and uploading mailboxes."""
