"""What befalls a streamer connection on purpose, by family: its end, its answers, its frames, and their traffic."""
