"""Pictures of the pages of documents, drawn in a process that can do nothing else."""
