"""The Schwab look-alike: sign-in, REST and streamer over a simulated or replayed market, in its own process."""
