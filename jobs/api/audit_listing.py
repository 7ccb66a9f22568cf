"""The list of the audit: which rows are asked for, by REST, on the page at /audit/, and in what is taken out of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from jobs.api.filters import BoundField, WordField
from jobs.api.listing import PageQuery
from jobs.api.paging import BIGGEST_ID
from jobs.models import Audit, Subject
from jobs.models.audit import AuditQuerySet
from jobs.models.audit_looks import Way
from jobs.models.audit_words import VERBS
from jobs.rights import Reach

WORDS = dict(VERBS)
LOOKUPS = {
    "subject": "subject",
    "name": "name",
    "job": "job_id",
    "who": "by_name",
    "verb": "verb",
    "at_after": "at__gte",
    "at_before": "at__lt",
}
# Filters to whose rows an index leads, in its order: those of which there are few at most times first.
INDEXED = (("job",), ("subject", "name"), ("who",))


class AuditQuery(PageQuery):
    """The query string of the audit. An empty value is no filter."""

    subject = serializers.ChoiceField(
        choices=Subject.choices,
        required=False,
        error_messages={"invalid_choice": f"Nothing of this kind is audited; known are: {', '.join(Subject.values)}."},
        help_text="Changes of these only.",
    )
    name = WordField(
        required=False, allow_blank=False, help_text="Of the queue, key, trigger, calendar, account, of this name."
    )
    job = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=BIGGEST_ID,
        error_messages={"invalid": "This is not a whole number; give the id of a job."},
        help_text="Of this job.",
    )
    who = WordField(required=False, allow_blank=False, help_text="By the user of this name.")
    token = WordField(
        required=False, allow_blank=False, help_text="With this token: the beginning by which it is listed."
    )
    verb = serializers.ChoiceField(
        choices=VERBS,
        required=False,
        error_messages={"invalid_choice": f"Nothing is called so here; known are: {', '.join(WORDS)}."},
        help_text="Only this was done.",
    )
    q = WordField(required=False, allow_blank=False, help_text="With all of these words in the reason.")
    at_after = BoundField(required=False, help_text="At this time or later.")
    at_before = BoundField(required=False, help_text="Before this time.")


def matching(wanted: Mapping[str, Any], reach: Reach) -> AuditQuerySet:
    """Return the rows that a query string asks for, of those within this reach. A statement for a token."""
    found = Audit.objects.within(reach).filter(**_columns(wanted, LOOKUPS))
    if "token" in wanted:
        found = found.with_token(wanted["token"])
    for word in wanted.get("q", "").split():
        found = found.filter(reason__icontains=word)
    return found


def way(wanted: Mapping[str, Any]) -> Way | None:
    """Return the rows among which are all that a query string asks for, and that an index has in their order; None
    where there is no such index."""
    for names in INDEXED:
        if wanted.keys() >= set(names):
            return Way("id", Audit.objects.filter(**_columns(wanted, names)))
    if "token" in wanted:
        return Way("id", Audit.objects.with_token(wanted["token"]))
    if ends := _columns(wanted, ("at_after", "at_before")):
        return Way("at", Audit.objects.filter(**ends))
    return None


def _columns(wanted: Mapping[str, Any], names: Any) -> dict[str, Any]:
    return {LOOKUPS[name]: wanted[name] for name in names if name in wanted}
