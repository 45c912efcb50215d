"""Time and sales of one symbol, inferred from Level 1."""
