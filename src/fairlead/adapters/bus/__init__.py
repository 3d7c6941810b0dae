"""The outbox relay: events reach their subscribers at least once."""
