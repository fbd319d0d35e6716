"""XLSX from outside: the one door, for a kilobyte of it can ask for more memory than there is."""
