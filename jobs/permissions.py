"""The rights that this application knows, by the names that Django has for them, and what those hear who lack one."""

VIEW_JOB = "jobs.view_job"
ADD_JOB = "jobs.add_job"
CONTROL_JOB = "jobs.control_job"
APPROVE_JOB = "jobs.approve_job"

VIEW_AUDIT = "jobs.view_audit"

VIEW_LIMIT = "jobs.view_limit"
CHANGE_LIMIT = "jobs.change_limit"
DELETE_LIMIT = "jobs.delete_limit"
PAUSE_LIMIT = "jobs.pause_limit"

VIEW_TRIGGER = "jobs.view_trigger"
CHANGE_TRIGGER = "jobs.change_trigger"
DELETE_TRIGGER = "jobs.delete_trigger"
FIRE_TRIGGER = "jobs.fire_trigger"

VIEW_CALENDAR = "jobs.view_calendar"
CHANGE_CALENDAR = "jobs.change_calendar"

VIEW_SCHEDULE = "jobs.view_schedule"
ADD_SCHEDULE = "jobs.add_schedule"
CHANGE_SCHEDULE = "jobs.change_schedule"
DELETE_SCHEDULE = "jobs.delete_schedule"
CONTROL_SCHEDULE = "jobs.control_schedule"

RELEASE_INSTALLATION = "jobs.release_installation"


def why_refused(username: str, permission: str) -> str:
    """The sentence for a user without the permission: what is missing, and who can give it."""
    return (
        f"This needs the permission '{permission}', which the user '{username}' does not have. "
        "An administrator can give it in the admin under Users."
    )
