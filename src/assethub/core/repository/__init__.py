"""What an asset holds: files and their uploads, commits, branches, tags and merges."""
