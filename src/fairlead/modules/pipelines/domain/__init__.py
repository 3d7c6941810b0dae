"""What a pipeline, a run and an artifact are, and the rules they keep."""
