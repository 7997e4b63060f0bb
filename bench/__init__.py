"""Benchmarks, one module each with `main(argv)`; each runs its yardstick beside ours in the same run."""
