"""Rules of a good job and of a good schedule: one set for REST, forms, admin and imports, each with its remedy."""

from jobs.rules.checking import check_new_job, checked
from jobs.rules.new_job import ASKED, Asked, NewJob, policies
from jobs.rules.new_schedule import SCHEDULE_ASKED, NewSchedule, as_asked
from jobs.rules.problems import (
    IDEMPOTENCY_KEY_LIMIT,
    NAME_LIMIT,
    TOO_LONG,
    argument_problems,
    labels_problems,
    not_before,
    pairs_problems,
    payload_problems,
    queue_problems,
    reason_problems,
    run_at_problems,
    text_problems,
    why_not_lent,
    why_not_startable,
)
from jobs.rules.schedule_checking import check_new_schedule

__all__ = [
    "ASKED",
    "IDEMPOTENCY_KEY_LIMIT",
    "NAME_LIMIT",
    "SCHEDULE_ASKED",
    "TOO_LONG",
    "Asked",
    "NewJob",
    "NewSchedule",
    "argument_problems",
    "as_asked",
    "check_new_job",
    "check_new_schedule",
    "checked",
    "labels_problems",
    "not_before",
    "pairs_problems",
    "payload_problems",
    "policies",
    "queue_problems",
    "reason_problems",
    "run_at_problems",
    "text_problems",
    "why_not_lent",
    "why_not_startable",
]
