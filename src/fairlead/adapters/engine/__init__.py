"""The durable engine on an embedded SQLite journal."""
