"""Readings that things of the city send by themselves: for now, where its vehicles are."""
