"""What can be asked of auth; one class per intention."""
