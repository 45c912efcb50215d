"""What is asked of Schwab: a table of the newest requests, what stands in their way, and the limit."""
