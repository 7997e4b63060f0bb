"""Benchmarks, one module each with `main(argv)`; each measures its yardstick and the product in the
same run."""
