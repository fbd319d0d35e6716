"""The duty roster (排班): who is on duty where and when, from rules, imports and swaps."""
