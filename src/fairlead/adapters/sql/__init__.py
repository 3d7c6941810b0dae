"""SQLAlchemy Core over SQLite or PostgreSQL behind one small connection."""
