"""Administration: users, tasks of all users, clean-up, queues, dead letters."""
