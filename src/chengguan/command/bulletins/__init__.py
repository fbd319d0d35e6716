"""Bulletins (通报): something all of some people should read, with a receipt of each who has."""
