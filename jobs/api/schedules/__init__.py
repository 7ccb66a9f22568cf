"""Schedules: jobs that repeat, by REST."""
