"""The rights that this application knows, by the names that Django has for them, and what those hear who lack one."""

from typing import Any

from jobs.roles import roles_with

VIEW_JOB = "jobs.view_job"
ADD_JOB = "jobs.add_job"
CONTROL_JOB = "jobs.control_job"
APPROVE_JOB = "jobs.approve_job"
VIEW_SECRETS = "jobs.view_secrets"
REDACT_JOB = "jobs.redact_job"

VIEW_AUDIT = "jobs.view_audit"

VIEW_LIMIT = "jobs.view_limit"
CHANGE_LIMIT = "jobs.change_limit"
DELETE_LIMIT = "jobs.delete_limit"
PAUSE_LIMIT = "jobs.pause_limit"

VIEW_TRIGGER = "jobs.view_trigger"
CHANGE_TRIGGER = "jobs.change_trigger"
DELETE_TRIGGER = "jobs.delete_trigger"
FIRE_TRIGGER = "jobs.fire_trigger"

VIEW_FORM = "jobs.view_form"
CHANGE_FORM = "jobs.change_form"

VIEW_CALENDAR = "jobs.view_calendar"
CHANGE_CALENDAR = "jobs.change_calendar"

VIEW_SCHEDULE = "jobs.view_schedule"
ADD_SCHEDULE = "jobs.add_schedule"
CHANGE_SCHEDULE = "jobs.change_schedule"
DELETE_SCHEDULE = "jobs.delete_schedule"
CONTROL_SCHEDULE = "jobs.control_schedule"

STOP_EVERYTHING = "jobs.stop_everything"

VIEW_ALERT = "jobs.view_alert"
ACKNOWLEDGE_ALERT = "jobs.acknowledge_alert"
ADD_ALERT_RULE = "jobs.add_alertrule"
ADD_SUBSCRIPTION = "jobs.add_subscription"

VIEW_OBJECTIVE = "jobs.view_objective"
CHANGE_OBJECTIVE = "jobs.change_objective"
DELETE_OBJECTIVE = "jobs.delete_objective"

RELEASE_INSTALLATION = "jobs.release_installation"

ALL_TEAMS = "jobs.all_teams"

DELETE_TOKEN = "jobs.delete_token"  # noqa: S105 - a permission


def why_refused(user: Any, permission: str) -> str:
    """The sentence for a user without the permission: what is missing, which roles have it, and who can give it. For
    one whose token has other scopes: that it is the token."""
    token = getattr(user, "token", None)
    if token is not None and token.scopes is not None and permission not in token.scopes:
        return (
            f"This needs the scope '{permission}', which the token '{token.name}' ({token.prefix}) does not have. "
            "Its owner makes one that has it under Tokens."
        )
    return (
        f"This needs the permission '{permission}', which the user '{user.get_username()}' does not have. "
        f"{in_roles(permission)}An administrator can give it in the admin under Users."
    )


def in_roles(permission: str) -> str:
    """Say which roles have the permission; empty where none has."""
    roles = roles_with(permission)
    if not roles:
        return ""
    if len(roles) == 1:
        return f"The role {roles[0]} has it. "
    return f"The roles {', '.join(roles[:-1])} and {roles[-1]} have it. "
