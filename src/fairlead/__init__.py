"""Fairlead: from a repository to a running service, in one package."""
