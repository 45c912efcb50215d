"""Snapshots of option chains: their schedules, and what became of each moment."""
