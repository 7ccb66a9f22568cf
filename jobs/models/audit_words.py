"""Words of the audit: of what something can be asked, and what."""

from __future__ import annotations

from django.db import models


class Subject(models.TextChoices):
    """A kind of thing of which something can be asked."""

    JOB = "job"
    QUEUE = "queue"
    KEY = "key"
    TRIGGER = "trigger"
    CALENDAR = "calendar"
    WORKER = "worker"
    CREATION_LIMIT = "creation_limit"
    SCHEDULE = "schedule"
    INSTALLATION = "installation"
    TEAM = "team"
    TARGET = "target"
    TOKEN = "token"  # noqa: S105 - a word
    STOP = "stop"
    OPERATION = "operation"
    RETENTION = "retention"
    DESTINATION = "destination"
    ALERT = "alert"
    ALERT_RULE = "alert_rule"
    SUBSCRIPTION = "subscription"
    OBJECTIVE = "objective"
    VIEW = "view"
    PROPOSAL = "proposal"
    FORM = "form"
    FORM_LINK = "form_link"
    FILLED_FORM = "filled_form"
    ACCOUNT = "account"
    GROUP = "group"
    LOGIN = "login"
    REQUEST = "request"


class Verb(models.TextChoices):
    """A request that can be made of a job that exists."""

    CANCEL = "cancel"
    RUN_NOW = "run_now"
    RESCHEDULE = "reschedule"
    RETRY = "retry"
    CONFIRM_DONE = "confirm_done"
    CONFIRM_FAILED = "confirm_failed"
    APPROVE = "approve"
    EDIT = "change", "Change"  # one word with Change.CHANGE


class Change(models.TextChoices):
    """A request that can be made of what is no job: of limits, triggers, calendars, workers, accounts. KEEP,
    LET_GO and REDACT are made of jobs that are over, and change no state; REFUSE is one that was not granted."""

    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    PAUSE = "pause"
    RESUME = "resume"
    LIMIT = "limit"
    LIFT = "lift"
    DRAIN = "drain"
    KEEP = "keep"
    LET_GO = "let_go"
    REDACT = "redact"
    LOG_IN = "log_in"
    REFUSE = "refuse"


VERBS = [*(verb for verb in Verb.choices if verb not in Change.choices), *Change.choices]
