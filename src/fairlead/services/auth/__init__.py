"""Logging in and out: sessions, access tokens, refresh tokens, the first start."""
