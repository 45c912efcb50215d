"""What happens on a chart: alerts and their firings, revised bars, holes, and where a bar comes from."""
