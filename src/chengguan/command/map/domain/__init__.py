"""What the map works out: tiles from points in memory, loads by area, circles."""
