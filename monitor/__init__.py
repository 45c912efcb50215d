"""Market Monitor: watch the market on your own machine, and keep what you saw."""

__version__ = "0.1.0"
