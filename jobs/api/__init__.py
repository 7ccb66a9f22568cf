"""REST under /api/v1/: jobs, their verbs, workers and figures."""
