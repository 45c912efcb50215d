"""Charts of others under the same hands as ours, each in an environment of its own: see ``benchmarks.charts``."""
