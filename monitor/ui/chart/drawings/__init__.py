"""Drawings on the chart: where they lie, how they look, and what hands do with them."""
