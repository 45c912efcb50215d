"""The status bar: market, stream, requests, queue, disk, sign-in and clock, each in a few words."""
