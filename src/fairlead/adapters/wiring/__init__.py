"""The dishka kit: what modules provide, and scopes for work outside requests."""
