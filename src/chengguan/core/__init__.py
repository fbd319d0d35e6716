"""Pure functions on which every package stands; nothing here knows Django."""
