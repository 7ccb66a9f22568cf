"""People who look: what the overview costs the server with many rows and many viewers."""
