"""Orders (命令): an instruction to people and units, with receipts that can be proved and a deadline."""
