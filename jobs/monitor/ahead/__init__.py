"""Pages of what is to come, and of the past beside it."""
