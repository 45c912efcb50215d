"""Keeps data coming: what is wanted, the stream heard and recorded, history fetched; knows ports, not adapters."""
