"""The state of every scan in `scan_runs`: each step of docs/scan-runs.md as one conditional write."""
