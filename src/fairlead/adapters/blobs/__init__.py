"""Immutable bytes as files."""
