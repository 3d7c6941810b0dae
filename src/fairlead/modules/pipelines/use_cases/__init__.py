"""What people and the engine do with runs; one class per intention."""
