"""The truth city: a simulated city whose real problems are known, and what the platform says of it."""
