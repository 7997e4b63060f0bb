"""Images of the pages of documents, rendered in a process that can do nothing else."""
