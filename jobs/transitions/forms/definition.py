"""Judges the definition of a form. The rights are those of whoever defines it: who fills it in needs none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group

from jobs import rules
from jobs.calendars import zones
from jobs.models import Form, Job, Team
from jobs.models.trigger import NAME_PATTERN
from jobs.rights.secret_teams import team_problems
from jobs.rules.problems import labels_problems, payload_problems, queue_problems, target_problems
from jobs.rules.rights import rights_problems
from jobs.states import Overlap
from jobs.transitions.forms.free_fields import field_problems, unfit_problems

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

NAMED = "A form's name has 1 to 100 letters, digits, dots, dashes and underscores."
FORM_LABEL = "form"  # the key of the label by which the jobs of a form are found
KEY = "form"  # begins the idempotency keys of its jobs
LONGEST_ID = 19  # digits
WHAT_RUNS = ("target", "payload", "fields")  # whoever changes it does not approve the jobs


class _New:
    """Job that a form would create, as the rules of rights want to see it."""

    def __init__(self, form: Form) -> None:
        self.target, self.queue, self.key, self.overlap = form.target, form.queue, None, Overlap.QUEUE.value
        self.labels: dict[str, Any] = form.labels


def definition_problems(form: Form, *, by: AbstractBaseUser | None) -> dict[str, list[str]]:
    """Return what is wrong with this form, or with being defined by this user: field -> sentences."""
    found: dict[str, list[str]] = {
        "name": [] if re.fullmatch(NAME_PATTERN, form.name) else [NAMED],
        "title": rules.text_problems(form.title, rules.NAME_LIMIT),
        "target": target_problems(form.target),
        "payload": payload_problems(form.payload),
        "fields": field_problems(form),
        "queue": queue_problems(form.queue),
        "labels": _label_problems(form),
        "time_zone": zones.new_problems(form.time_zone),
        "groups": _unknown("group", form.groups, Group.objects.values_list("name", flat=True)),
        "teams": _unknown("team", form.teams, Team.objects.values_list("name", flat=True)),
    }
    if not any(found[name] for name in ("target", "payload", "fields")):
        found["payload"] = unfit_problems(form) + team_problems(form.payload, form.labels, form.queue)
    if not any(found[name] for name in ("target", "queue", "labels")):
        for name, problems in rights_problems(_New(form), by).items():
            found.setdefault(name, []).extend(problems)
    return {name: problems for name, problems in found.items() if problems}


def _label_problems(form: Form) -> list[str]:
    labels: object = form.labels
    if not isinstance(labels, dict):
        return labels_problems(labels)
    if FORM_LABEL in labels:
        return [f"The label '{FORM_LABEL}' is the form's name, on every job of it; leave it out."]
    return labels_problems(labels_of(form))


def labels_of(form: Form) -> dict[str, str]:
    """Return the labels of its jobs."""
    return {**form.labels, FORM_LABEL: form.name}


def key_of(form: Form, once: str) -> str:
    """Return the idempotency key of the job of a form that was opened `once`."""
    return f"{KEY}:{form.pk}:{once}"


def form_of(job: Job) -> int:
    """Return the id of the form that the job comes of, also of one that is deleted by now; 0: of none."""
    kind, _, rest = (job.idempotency_key or "").partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind == KEY and number.isascii() and number.isdecimal() and len(number) < LONGEST_ID else 0


def _unknown(kind: str, names: list[str], known: Any) -> list[str]:
    there = set(known) if names else set()
    return [f"There is no {kind} '{name[:100]}'." for name in names if name not in there]
