"""Taking cases away as a file: at once when few, in the background when many."""
