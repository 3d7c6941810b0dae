"""The features; each folder is one module and a reader need not leave it."""
