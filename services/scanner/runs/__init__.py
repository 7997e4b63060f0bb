"""State of every scan in `scan_runs`: each step of docs/scan-runs.md is one conditional write."""
