"""Finding and reading modules: module.yaml, entry points, generated permissions."""
