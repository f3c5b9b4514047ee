"""Who uses a hub: users, groups, keys, passwords and sessions."""
