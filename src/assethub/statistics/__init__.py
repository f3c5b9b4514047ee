"""Honest comparison of evaluations: numbers in, results out."""
