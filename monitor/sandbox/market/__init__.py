"""A simulated US stock market: a pure function of seed, symbol and time, from decades of days down to single trades."""
