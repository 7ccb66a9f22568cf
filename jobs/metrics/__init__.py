"""Numbers out: figures for Prometheus. table.py names them all; web answers with those of the database."""
