"""Signing in: the developer key, where tokens are kept, and the embedded page."""
