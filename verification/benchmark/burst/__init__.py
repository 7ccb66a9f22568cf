"""Many jobs at one instant: how late the first are, how late the rest, and whether a slot idles while a job waits."""
