"""What is done with comparisons: one verb, one function."""
