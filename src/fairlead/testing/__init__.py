"""Stand-ins for tests of ours and of third-party modules."""
