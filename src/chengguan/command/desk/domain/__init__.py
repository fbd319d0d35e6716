"""What is done at the desk: drafts, verbs on one case or many, undoing."""
