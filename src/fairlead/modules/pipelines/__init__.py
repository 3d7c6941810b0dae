"""Pipelines: how a commit becomes an artifact; runs, stages, jobs, steps."""
