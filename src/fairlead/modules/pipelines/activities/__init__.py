"""What the engine does for a run: checkout, steps, outputs, deployment, end."""
