"""Pages of lists: those of what an index leads to, and those that look at so many rows each."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.headers import links
from jobs.models.querysets.overviews import LOOK

BIGGEST_ID = 2**63 - 1


class JobPagination(CursorPagination):
    """Newest first; a page stays the same however many jobs are created meanwhile. ListQuery has checked the size."""

    ordering: str | tuple[str, ...] = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise bad_cursor() from None
        # Ours always hold a position: never an offset alone.
        if cursor is None or not request.query_params["cursor"]:
            return None
        if not self.is_position(str(cursor.position)):
            raise bad_cursor()
        return cursor

    def get_paginated_response(self, data: Any) -> Response:
        after, before = self.get_next_link(), self.get_previous_link()
        page = {"next": after, "previous": before, "results": data}
        return Response(page, headers=links.of_page(self.base_url or "", after=after, before=before))

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        """Return the description of a page; REST framework's own says null as OpenAPI 3.0 did."""
        page = {"type": ["string", "null"], "format": "uri"}
        properties = {"next": page, "previous": page, "results": schema}
        return {"type": "object", "required": list(properties), "properties": properties}

    def is_position(self, text: str) -> bool:
        """Return whether a cursor of ours can hold this: the id of a job."""
        return re.fullmatch("[0-9]{1,19}", text) is not None and int(text) <= BIGGEST_ID


class LookingPagination(JobPagination):
    """Pages of what no index leads to: each looks at LOOK ids, so one of what is rare may be short, or empty, and have
    a next one all the same."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        cursor = self.decode_cursor(request)
        position = None if cursor is None or cursor.position is None else int(cursor.position)
        oldest, newest = queryset.model._default_manager.all().ends()
        if cursor is not None and position is not None and cursor.reverse:
            until = position + LOOK
            page = self._page_of(queryset.filter(id__gt=position, id__lte=until), request, view)
            if not self.has_previous and until < newest:
                self.has_previous, self.previous_position = True, str(until)
            if not page:
                self.next_position = str(position + 1)  # with the one that the page after this one began with
            return page
        at = newest + 1 if position is None else position
        since = at - LOOK
        page = self._page_of(queryset.filter(id__lt=at, id__gte=since), request, view)
        if not self.has_next and since > oldest:
            self.has_next, self.next_position = True, str(since)
        if not page:
            self.previous_position = str(at - 1)
        return page

    def _page_of(self, queryset: Any, request: Request, view: Any) -> list[Any] | None:
        return super().paginate_queryset(queryset, request, view)


def bad_cursor() -> serializers.ValidationError:
    """Return the refusal of a cursor that we have not made."""
    return serializers.ValidationError(
        {"cursor": "This is no cursor of ours; take it from `next` or `previous`, or leave it out to start anew."}
    )
