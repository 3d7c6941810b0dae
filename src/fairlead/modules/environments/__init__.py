"""Environments: where artifacts run; workloads, releases, replicas."""
