"""Movers: who trades or moves most of an index, an exchange or the options market."""
