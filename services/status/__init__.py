"""The status service, the only writer of tasks: it folds the events of scans into them and
publishes each change."""
