"""What the command line shows: tables, progress, numbers and times."""
