"""The pages' routes, a file each."""
