"""A worker's events, room by room."""
