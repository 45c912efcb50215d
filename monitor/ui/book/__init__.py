"""The Level 2 book of one symbol, by venue or by price."""
