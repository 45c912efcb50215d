"""Builders, clocks and processes that tests share."""
