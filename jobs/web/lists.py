"""Lists of pages, taken out: by the same address as the page with `format` in it, so with its filter and its rights."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render

from jobs.web import exporting
from jobs.web.exporting import FORMATS, Table, plain

FORMAT = "format"  # in the address of a list: take it out so
START = "start"  # beside it: behind so many rows
PAGES = ("page", "p", "all", "e")  # in the address of a page of a list; Django's admin has the last three
MOST = 100_000  # rows of one request
AT_A_TIME = 1_000  # rows of a question: none of them takes long

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
Columns = Mapping[str, Callable[[Any], Any]]
Shown = Callable[[list[Any]], Iterable[Any]]


class Asked(NamedTuple):
    """Form in which a list is to be taken out, and how many rows it passes by first."""

    form: str
    start: int


class Link(NamedTuple):
    """Link to a list that is taken out, in a form."""

    words: str
    href: str


def wanted(request: HttpRequest) -> Asked | HttpResponse | None:
    """Return how the list is to be taken out; None where its page is asked for, the answer where that is no way. The
    page's own view does not meet these words in its address any more."""
    form, start = request.GET.get(FORMAT), request.GET.get(START, "0")
    if form is None or request.method not in ("GET", "HEAD"):
        return None
    if form not in FORMATS:
        return _bad(f"{FORMAT}: this is not known; give one of {', '.join(FORMATS)}.")
    if not (start.isascii() and start.isdecimal() and len(start) < len(str(2**63))):
        return _bad(f"{START}: this is not a whole number; take it from the header Link.")
    query = request.GET.copy()
    for name in (FORMAT, START, *PAGES):
        query.pop(name, None)
    request.GET = query  # type: ignore[assignment] # as a page reads it
    return Asked(form, int(start))


def links(request: HttpRequest) -> list[Link]:
    """Return the links to this list, taken out by the filter of its page."""
    query = request.GET.copy()
    for name in PAGES:
        query.pop(name, None)
    found = []
    for form in FORMATS:
        query[FORMAT] = form
        found.append(Link(form.upper(), f"?{query.urlencode(safe=':,')}"))
    return found


def answer(
    request: HttpRequest, asked: Asked, name: str, columns: Columns, rows: Iterable[Any], *, shown: Shown = list
) -> HttpResponse:
    """Return the rows of a list in the form that is asked for; what rows there are and who may see them is decided.
    `shown`: what is made of the rows of each question before they are said, by the page as well."""
    more = False
    if isinstance(rows, QuerySet):
        found = list(dict.fromkeys(rows.values_list("pk", flat=True)[asked.start : asked.start + MOST + 1]))
        keys, more = found[:MOST], len(found) > MOST
        rows = in_parts(rows, keys, shown)
    said = ({name: plain(say(row)) for name, say in columns.items()} for row in rows)
    file = exporting.answer(Table(name, tuple(columns), said), asked.form)
    further = {FORMAT: asked.form, START: str(asked.start + MOST)} if more else {}
    return cast("HttpResponse", exporting.lead_on(request, file, further))  # what its users ask of one, it has


def in_parts(found: QuerySet[Any], keys: list[Any], shown: Shown = list) -> Iterator[Any]:
    """Yield the rows of these keys in their order, each question for the next ones: nothing is held meanwhile. A row
    that has gone since, or does not fit any more, is left out."""
    for part in (keys[at : at + AT_A_TIME] for at in range(0, len(keys), AT_A_TIME)):
        rows: dict[Any, Any] = {row.pk: row for row in found.filter(pk__in=part)}
        yield from shown([rows[key] for key in part if key in rows])


@dataclass(frozen=True)
class ListPage:
    """List of a page: what the file is called, and its columns, with what each says of a row."""

    name: str
    columns: Columns

    def __call__(self, view: View[P]) -> View[P]:
        """Have a view take the list out, too: it ends with `show`."""

        @wraps(view)
        def shown(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            asked = wanted(request)
            if isinstance(asked, HttpResponse):
                return asked
            cast("Any", request).taken_out = asked
            return view(request, *args, **kwargs)

        cast("Any", shown).list_page = self
        return shown

    def show(
        self,
        request: HttpRequest,
        template: str,
        facts: Mapping[str, Any],
        rows: Callable[[], Iterable[Any]],
        *,
        without: Collection[str] = (),
        status: int = 200,
    ) -> HttpResponse:
        """Return the page, or all rows of its filter in the form that is asked for. `without`: columns that the page
        does not show to this person."""
        asked: Asked | None = cast("Any", request).taken_out
        if asked is None:
            return render(request, template, {**facts, "exports": links(request)}, status=status)
        columns = {name: say for name, say in self.columns.items() if name not in without}
        return answer(request, asked, self.name, columns, rows())

    def not_so(self, request: HttpRequest, sentence: str) -> HttpResponse | None:
        """Return the answer to whoever wants to take out what is shown only; None where its page is asked for."""
        return None if cast("Any", request).taken_out is None else _bad(sentence)


def _bad(sentence: str) -> HttpResponse:
    return HttpResponseBadRequest(sentence, content_type="text/plain; charset=utf-8")
