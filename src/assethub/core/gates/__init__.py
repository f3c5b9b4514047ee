"""Gates: the rules that a commit has to satisfy before a branch may point at it."""
