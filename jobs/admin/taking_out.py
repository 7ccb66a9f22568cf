"""Lists of the admin, taken out: the columns of `list_display`, for the rows of the list's filter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html.parser import HTMLParser
from typing import Any, ClassVar, cast

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django.utils.text import slugify

from jobs.web import lists

NOTHING = "—"
NO_CONTENT = ("br", "hr", "img", "input")
MARKS = "action_checkbox"


class TakesOut:
    """Mixin for the admin of a model: its list has links by which it is taken out, as `list_display` has it."""

    # What stands in a table in the place of a column whose cells are shortened, or say several things.
    in_table: ClassVar[Mapping[str, Sequence[str]]] = {}
    change_list_template = "admin/jobs/list.html"

    def shown_rows(self, request: HttpRequest, rows: Any) -> Any:
        """Return the rows, of a page of the list or of a part of what is taken out, as this person sees them."""
        return rows

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        base: Any = cast("Any", super()).get_changelist(request, **kwargs)

        class ShownList(base):  # type: ignore[misc]
            def get_results(self, request: HttpRequest) -> None:
                super().get_results(request)
                found: Any = self
                found.result_list = found.model_admin.shown_rows(request, found.result_list)

        return ShownList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, or take it out."""
        asked = lists.wanted(request)
        if asked is None:
            context = {"exports": lists.links(request), **(extra_context or {})}
            page: HttpResponse = cast("Any", super()).changelist_view(request, context)
            return page
        return asked if isinstance(asked, HttpResponse) else self._taken_out(request, asked)

    def _taken_out(self, request: HttpRequest, asked: lists.Asked) -> HttpResponse:
        page = cast("Any", self)
        if not page.has_view_or_change_permission(request):
            raise PermissionDenied
        try:
            found = page.get_changelist_instance(request)
        except IncorrectLookupParameters:  # as the page has it
            return redirect(request.path)
        columns: dict[str, Callable[[Any], Any]] = {}
        for name in found.list_display:
            if name != MARKS:
                columns |= self._columns(name)

        def shown(rows: list[Any]) -> Any:
            return self.shown_rows(request, rows)

        return lists.answer(request, asked, page.opts.model_name, columns, found.queryset, shown=shown)

    def _columns(self, name: Any) -> dict[str, Callable[[Any], Any]]:
        if name in self.in_table:
            return {one: self._said(one) for one in self.in_table[name]}
        page = cast("Any", self)
        heading = slugify(str(label_for_field(name, page.model, page))).replace("-", "_")
        return {heading or str(name): self._said(name)}

    def _said(self, name: Any) -> Callable[[Any], Any]:
        return lambda row: said(name, row, self)


def said(name: Any, row: Any, page: Any) -> Any:
    """Return what a column of a page of the admin says of a row."""
    try:
        field, _, value = lookup_field(name, row, page)
    except ObjectDoesNotExist:
        return None
    if field is not None and getattr(field, "flatchoices", None):
        return dict(field.flatchoices).get(value, value)
    if isinstance(value, SafeString):
        value = text_of(value)
    return None if isinstance(value, str) and value == NOTHING else value


def text_of(html: str) -> str:
    """Return what HTML says to those who do not see it: a moment and a picture by what is written at them."""
    words = _Words()
    words.feed(html)
    words.close()
    return " ".join(words.found)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._skipped = 0  # elements around here that are left out

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        its = dict(attrs)
        label = its.get("datetime") if tag == "time" else its.get("aria-label") if tag == "svg" else None
        if self._skipped or label is not None or its.get("aria-hidden") == "true":
            if not self._skipped and label:
                self.found.append(label)
            self._skipped += tag not in NO_CONTENT

    def handle_endtag(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= 1

    def handle_data(self, data: str) -> None:
        if not self._skipped and data.strip():
            self.found.append(data.strip())
