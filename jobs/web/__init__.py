"""Common part of admin, API and monitor: the form of a new job, what a person may do to one, how late it was."""
