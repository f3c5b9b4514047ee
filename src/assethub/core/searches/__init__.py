"""Searches among evaluations: from a query to a page of what it finds."""
