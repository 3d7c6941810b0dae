"""Proof of who is calling: log in, tokens, refresh, log out."""
