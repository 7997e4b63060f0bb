"""The watchdog: it redrives silent tasks, ends those that stay silent, and forces overdue cancels."""
