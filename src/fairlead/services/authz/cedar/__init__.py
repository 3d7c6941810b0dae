"""Policies in Cedar; the engine is imported by the first that needs it."""

from fairlead.services.authz.cedar.lazy import LazyLanguage

__all__ = ["LazyLanguage"]
