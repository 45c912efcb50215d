"""Importing bars: which file, what is in it, and what came of it."""
