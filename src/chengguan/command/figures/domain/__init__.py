"""What a figure is, which there are, and how those of a page are counted together."""
