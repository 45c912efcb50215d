"""Exports: what to write, where, how far it is, and what came of it."""
