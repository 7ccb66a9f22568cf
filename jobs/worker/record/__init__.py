"""The ends of jobs, stored in batches and not given up."""
