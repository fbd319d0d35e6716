"""The truth city: the model, driving, spoilers, compare."""
