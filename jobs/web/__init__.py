"""What admin, API and monitor share: the form of a new job, what a person may do to one, how late it was."""
