"""The only writer of tasks: folds the events of scans into them and tells everyone what changed."""
