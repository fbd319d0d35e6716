"""Figures: every number on a screen of command is declared here, and leads to the rows it counts."""
