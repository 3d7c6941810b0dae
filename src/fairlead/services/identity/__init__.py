"""The people and services that act: users and their passwords."""
