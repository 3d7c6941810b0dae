"""Authorisation over gRPC: call the public contracts; the kit translates."""
