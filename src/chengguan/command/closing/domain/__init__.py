"""What happens in closing by the machine: the closing itself, and looking again."""
