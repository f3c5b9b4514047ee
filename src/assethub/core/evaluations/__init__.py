"""Evaluations as they are recorded, kept and shown, with their samples."""
