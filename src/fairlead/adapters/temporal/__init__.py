"""The engine port on Temporal: workflow code of ours, recorded by its server."""
