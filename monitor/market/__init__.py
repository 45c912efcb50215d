"""What the market is: instruments, quotes, trades, books, bars and sessions; no I/O, no Qt."""
