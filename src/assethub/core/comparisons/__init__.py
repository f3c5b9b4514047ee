"""What evaluations say of models: comparisons, leaderboards and histories."""
