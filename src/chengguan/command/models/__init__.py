"""What command keeps of its own; a case's truth stays with the engine of cases."""
