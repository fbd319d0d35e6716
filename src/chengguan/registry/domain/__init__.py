"""The verbs and rules of the registry."""
