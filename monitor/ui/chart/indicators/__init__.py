"""Indicators on the chart: their values, the panes they are drawn in, and the dialogs that choose them."""
