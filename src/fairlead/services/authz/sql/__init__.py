"""Bindings, and what goes with them, in a relational database."""

from fairlead.services.authz.sql.bindings import SqlBindingStore

__all__ = ["SqlBindingStore"]
