"""Pure arithmetic on market types: aggregation of bars, the inferred tape."""
