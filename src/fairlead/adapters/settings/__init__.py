"""Layered YAML and FAIRLEAD_* variables as typed sections."""
