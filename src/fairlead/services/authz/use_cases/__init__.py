"""What can be asked of authorisation; one class per intention."""
