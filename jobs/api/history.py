"""The list of the jobs that have gone into the history: a page at a time, each of a bounded cost."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from jobs.api.headers import links
from jobs.api.paging import JobPagination
from jobs.api.serializers import JobSerializer
from jobs.models.history import Filter, Position, listed
from jobs.rights import Reach
from jobs.rights.telling import tell


def history_page(request: Request, wanted: Mapping[str, Any], reach: Reach) -> Response:
    """Return a page of the history as the list of jobs is returned. One of which little was asked for may be short, or
    empty, and have a next one all the same: each looks at so many jobs only. Raises NotFound for a wrong cursor."""
    asked = asked_of(wanted)
    limit = wanted.get("page_size", JobPagination.page_size)
    jobs, position = listed(asked, _read(wanted.get("cursor")), limit=limit, within=reach)
    address = request.build_absolute_uri()
    after = replace_query_param(address, "cursor", _written(position)) if position else None
    page = {"next": after, "previous": None, "results": JobSerializer(tell(jobs, reach), many=True).data}
    return Response(page, headers=links.of_page(address, after=after, before=None))


def asked_of(wanted: Mapping[str, Any]) -> Filter:
    """Return which jobs of the history a query string asks for."""
    labels = wanted.get("label")
    return Filter(
        states=[int(state) for state in wanted.get("state", ())] or None,
        queue=wanted.get("queue"),
        target=wanted.get("target"),
        name=wanted.get("name"),
        batch=wanted.get("batch"),
        labels=json.dumps(labels) if labels else None,
    )


def _written(position: Position) -> str:
    return urlsafe_b64encode(f"{position.finished_at.isoformat()} {position.id}".encode()).decode()


def _read(cursor: str | None) -> Position | None:
    if not cursor:
        return None
    try:
        finished_at, job_id = urlsafe_b64decode(cursor.encode()).decode().split(" ")
        moment, after = datetime.fromisoformat(finished_at), int(job_id)
    except ValueError:
        raise NotFound("This is no cursor; follow `next` of a page.") from None
    if moment.tzinfo is None or not 0 <= after < 2**63:
        raise NotFound("This is no cursor; follow `next` of a page.")
    return Position(moment, after)
