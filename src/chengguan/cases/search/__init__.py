"""The index of cases: what they say and what they carry, kept outside the path of every step."""
