"""The search language for evaluations: text in, a typed tree out."""
