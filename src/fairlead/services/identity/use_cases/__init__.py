"""What can be asked of identity; one class per intention."""
