"""The log: what happened and what the program did about it, newest at the bottom."""
