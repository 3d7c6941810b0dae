"""The gate as others see it: nothing of it is called; it stands before every route."""
