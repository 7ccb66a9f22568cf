"""Drain: a backlog of jobs that do nothing, counted by the ends that are recorded, of RunAt and of others, in turns."""
