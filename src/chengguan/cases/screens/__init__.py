"""What the case pages show, gathered as values before a template sees them."""
