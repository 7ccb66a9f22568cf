"""Many jobs in one request: as a JSON list, as lines of JSON, as CSV or as a workbook."""
