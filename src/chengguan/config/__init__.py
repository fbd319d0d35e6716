"""How the house is put together: settings, addresses, processes and commands."""
