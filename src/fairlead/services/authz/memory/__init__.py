"""The stores of authz in memory, for tests."""

from fairlead.services.authz.memory.bindings import MemoryBindingStore

__all__ = ["MemoryBindingStore"]
