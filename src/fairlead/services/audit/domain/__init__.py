"""What the trail is made of: entries in a chain, and the proofs that it is whole."""
