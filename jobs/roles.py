"""Roles: what a person or program may do, in words and as permissions. Each is a group of this name; people may be in
several, and administrators may change what a group holds."""

from __future__ import annotations

from dataclasses import dataclass

READ = (
    *("view_job", "view_attempt", "view_audit", "view_batch", "view_schedule", "view_occurrence", "view_operation"),
    *("view_trigger", "view_limit", "view_calendar", "view_calendarrange", "view_creationlimit", "view_worker"),
    *("view_leadership", "view_workerlog", "view_installation", "view_team", "view_ownership", "view_targetrule"),
    *("view_retentionrule", "view_alert", "view_objective", "view_form"),
)
OPERATE = (
    *("add_job", "control_job", "delete_job", "pause_limit", "fire_trigger", "all_teams"),
    *("add_schedule", "change_schedule", "delete_schedule", "control_schedule", "stop_everything"),
    "acknowledge_alert",
)
DEFINED = (
    "alertrule",
    "calendar",
    "calendarrange",
    "creationlimit",
    "destination",
    "form",
    "limit",
    "objective",
    "ownership",
    "retentionrule",
    "subscription",
    "targetrule",
    "team",
    "trigger",
)
DEFINE = tuple(f"{verb}_{name}" for name in DEFINED for verb in ("add", "change", "delete"))
ACCOUNTS = (
    *(f"auth.{verb}_{name}" for name in ("user", "group") for verb in ("view", "add", "change", "delete")),
    *("view_token", "delete_token"),
    *(f"axes.{verb}_accessattempt" for verb in ("view", "delete")),
    *(f"otp_totp.{verb}_totpdevice" for verb in ("view", "delete")),
    *("view_destination", "view_delivery", "view_alertrule", "view_subscription"),
)


@dataclass(frozen=True)
class Role:
    """`may`: what it is for, in words, a sentence each. `permissions`: of this application, where no other is named."""

    name: str
    may: tuple[str, ...]
    permissions: frozenset[str]

    @property
    def full(self) -> frozenset[str]:
        """Return the permissions by the names that Django knows them by."""
        return frozenset(name if "." in name else f"jobs.{name}" for name in self.permissions)


ROLES = (
    Role(
        "viewer",
        (
            "Sees jobs, schedules, triggers, limits, calendars, workers and the audit of the teams that it is in.",
            "Changes nothing.",
        ),
        frozenset(READ),
    ),
    Role(
        "creator",
        (
            "Creates jobs.",
            "Sees, follows and cancels those that it has created, and no others.",
            "Takes its own cancellation back until the job's time.",
        ),
        frozenset({"add_job"}),
    ),
    Role(
        "operator",
        (
            "Sees what all teams own and what nobody owns.",
            "Creates, cancels, moves, retries, settles and keeps jobs, starts triggers, drains workers.",
            "Makes, changes, pauses and deletes schedules; pauses queues and keys.",
            "Stops everything, and lets it go on.",
            "Acknowledges and silences alerts.",
            "Approves nothing, and defines no limits, triggers, calendars, forms, teams or rules of targets.",
        ),
        frozenset((*READ, *OPERATE)),
    ),
    Role(
        "approver",
        ("Sees what the teams own that it is in.", "Approves or refuses dangerous jobs that others have created."),
        frozenset((*READ, "approve_job")),
    ),
    Role(
        "admin",
        (
            "Does all that there is to do with jobs.",
            "Defines limits, objectives, triggers, forms, calendars, teams, what they own, and the rules of targets.",
            "Sees what is secret in arguments; all others see that something is there.",
            "Says where alerts and changes of jobs are sent to, and makes rules of alerts.",
            "Says after how many days jobs are removed or redacted, and redacts them.",
            "Makes users, puts them into roles, sees and revokes their tokens.",
            "Lets in who is locked out after wrong passwords, and removes authenticators that are lost.",
        ),
        frozenset(
            (*READ, *OPERATE, *DEFINE, *ACCOUNTS, "approve_job", "redact_job", "release_installation", "view_secrets")
        ),
    ),
    Role(
        "service",
        (
            "For programs, by a token.",
            "Creates jobs and starts triggers of its teams.",
            "Sees, follows and cancels the jobs that it has created, and no others.",
        ),
        frozenset({"add_job", "fire_trigger"}),
    ),
)


def roles_with(permission: str) -> list[str]:
    """Return the names of the roles that have this permission, by its full name, the least of them first."""
    return [role.name for role in sorted(ROLES, key=lambda role: len(role.permissions)) if permission in role.full]
