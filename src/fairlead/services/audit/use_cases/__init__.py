"""What happens to the trail; one class per intention."""
