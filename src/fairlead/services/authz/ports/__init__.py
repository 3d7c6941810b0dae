"""What the use cases need from the outside, in their own words."""

from fairlead.services.authz.ports.bindings import BindingStore

__all__ = ["BindingStore"]
