"""The plan of steps, optimisers and learning-rate schedules."""
