"""Permissions of audit; generated from module.yaml by `make generate`."""

ENTRY_READ = "audit.entry.read"
CHECKPOINT_CREATE = "audit.checkpoint.create"
