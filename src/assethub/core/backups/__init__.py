"""Backups of a hub: made while it serves, restored to any database and store."""
