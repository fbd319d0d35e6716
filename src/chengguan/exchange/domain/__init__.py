"""What may be done with other systems: receipts, mapping, forms, sending, receiving."""
