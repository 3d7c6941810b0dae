"""Who did what, when and with what outcome: append-only and hash-chained."""
