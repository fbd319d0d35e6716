"""What can happen in dispatch: many at once, by the machine, and looked at again."""
