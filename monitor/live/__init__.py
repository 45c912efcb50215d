"""The pipeline inside the process: events, the newest state of every symbol, and frames at screen rate."""
