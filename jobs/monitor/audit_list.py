"""`/audit/`: who has changed what, who was refused, and what it was before and after; by the filters of REST's list."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from rest_framework import serializers

from jobs.api.audit_listing import WORDS, AuditQuery, matching, way
from jobs.api.exporting import FORMATS
from jobs.api.paging import BIGGEST_ID
from jobs.clock import clock
from jobs.models import Subject
from jobs.models.audit_looks import Look, look
from jobs.models.querysets import overviews
from jobs.monitor.audit_rows import Row, in_words
from jobs.monitor.by_query import by_query, in_form
from jobs.monitor.job_list import SIZES, UtcField
from jobs.monitor.list_form import Field, Form, address, without
from jobs.permissions import VIEW_AUDIT
from jobs.rights import reach_of
from jobs.rights.telling import tell

SIZE = 50


class PageQuery(AuditQuery):
    """The query string of the page. An empty value is no filter. `before`: of ids below this one."""

    at_after = UtcField(required=False)
    at_before = UtcField(required=False)
    page_size = serializers.ChoiceField(  # type: ignore[assignment]
        required=False,
        choices=SIZES,
        error_messages={"invalid_choice": "A page has 25, 50, 100 or 500 entries; choose one of these."},
    )
    before = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    cursor = None  # type: ignore[assignment]
    format = None  # type: ignore[assignment]


class AuditForm(Form):
    """Filters of the audit as a form."""

    labels: ClassVar[Mapping[str, str]] = {
        "q": "Reason",
        "who": "Who",
        "token": "Token",
        "verb": "What",
        "subject": "Of",
        "name": "Name",
        "job": "Job",
        "at_after": "From",
        "at_before": "Before",
    }

    @cached_property
    def fields(self) -> list[Field]:
        return [
            self._typed("who"),
            self._choice("verb", [(verb, in_words(verb)) for verb in WORDS]),
            self._choice("subject", [(one.value, in_words(one.value)) for one in Subject]),
            self._typed("name"),
            self._typed("job", kind="number"),
            self._typed("token"),
            self._typed("at_after"),
            self._typed("at_before"),
            self._choice("page_size", [(str(size), str(size)) for size in SIZES], label="Entries a page"),
        ]


@require_safe
@cache_control(private=True, no_cache=True)
@login_required
@by_query(PageQuery, "jobs/monitor/audit.html", needs=VIEW_AUDIT, refused=in_form(AuditForm))
def audit_list(request: HttpRequest, wanted: Mapping[str, Any]) -> HttpResponse:
    """Show a page of the audit that this person sees and asks for, and say where it did not look."""
    reach = reach_of(request.user)
    size = wanted.get("page_size", SIZE)
    seen = look(matching(wanted, reach), way(wanted), before=wanted.get("before"), size=size)
    facts = {
        "form": AuditForm(request.GET, reach),
        "reach": reach,
        "now": clock.current(),
        "rows": [Row(one) for one in tell(seen.rows, reach)],
        "look": seen,
        "is_newest": "before" not in wanted,
        "looked_at": overviews.LOOK,
        "count_limit": overviews.COUNT_LIMIT,
        "exports": {kind: _export(request, wanted, kind) for kind in FORMATS},
        **_links(request, seen),
    }
    return render(request, "jobs/monitor/audit.html", facts)


def _links(request: HttpRequest, seen: Look) -> dict[str, Any]:
    """Return the addresses of the pages around this one, relative to it; empty where there is none."""
    parts = {
        "next_page": {"before": str(seen.rows[-1].pk)} if seen.more else None,
        "further": seen.further or None,
        "newest": {},
    }
    return {
        name: "" if part is None else address("", without(request.GET, "before", *part), **part)
        for name, part in parts.items()
    }


def _export(request: HttpRequest, wanted: Mapping[str, Any], kind: str) -> str:
    """Return where what is shown is taken out: with the times as they were understood."""
    query = without(request.GET, "page_size", "before")
    times = {name: wanted[name].isoformat() for name in ("at_after", "at_before") if name in wanted}
    return address(reverse("api-audit-export"), query, format=kind, **times)
