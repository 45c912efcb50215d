"""The only place that knows Schwab: the wire, the stream, REST, sign-in and tokens."""
