"""Looking after a hub's data: checks, repair and garbage collection."""
