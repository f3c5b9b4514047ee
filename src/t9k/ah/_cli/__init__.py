"""The command `ah`."""

from .program import main

__all__ = ["main"]
