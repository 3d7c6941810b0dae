"""The one gate every request passes: known route, known caller, permission."""
