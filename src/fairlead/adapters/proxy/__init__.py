"""A TCP front that keeps one address before changing replicas."""
