"""Benchmarks: each one measures us side by side with a peer in one run and ends with one line of JSON."""
