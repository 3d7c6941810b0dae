"""Users: who they are, their passwords, and how often somebody guessed wrong."""
