"""Many jobs in one request: as a JSON list, as lines of JSON or as CSV."""
