"""What can be done with operations and schedules; one class per intention."""
