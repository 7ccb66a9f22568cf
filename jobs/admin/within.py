"""Reach in the admin: what a person does not see is not there, and what he only sees he does not change."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.rights import Reach, reach_of
from jobs.rights.seeing import not_of_theirs, not_theirs
from jobs.rights.telling import tell


def reach_in(request: HttpRequest) -> Reach:
    """Return what the person reaches who asks."""
    return reach_of(request.user)


def touched(request: HttpRequest, rows: list[Any], what: str) -> list[Any]:
    """Return those of these rows that the person may change, and say why not the others."""
    reach = reach_in(request)
    others = [row for row in rows if not reach.touches(row)]
    if others:
        first = not_theirs(f"The {what} '{others[0]}'", others[0], reach)
        messages.error(request, f"{first} Nor are {len(others) - 1} others." if len(others) > 1 else first)
    return [row for row in rows if reach.touches(row)]


def viewer_of(row: Any) -> Reach:
    """Return what the person sees who looks at the page of this row."""
    reach: Reach = row.viewer
    return reach


class KnowsViewer:
    """Mixin for the admin of rows whose pages show to each person what he sees: the row of a page knows who looks."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row: Any = cast("Any", super()).get_object(request, object_id, from_field)
        if row is not None:
            row.viewer = reach_in(request)
        return row


class Discreet(KnowsViewer):
    """Mixin for the admin of rows with stored sentences: they name nothing that the person does not see."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        return row if row is None else tell([row], reach_in(request))[0]

    def shown_rows(self, request: HttpRequest, rows: Any) -> Any:
        """Return rows that name no more."""
        return tell(rows, reach_in(request))


class DiscreetInline:
    """Mixin for the rows with stored sentences that stand on the page of another."""

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        base: Any = cast("Any", super()).get_formset(request, obj, **kwargs)

        class DiscreetFormSet(base):  # type: ignore[misc]
            def get_queryset(self) -> Any:
                if not hasattr(self, "_queryset"):
                    tell(super().get_queryset(), reach_in(request))
                return super().get_queryset()

        return DiscreetFormSet


class Within:
    """Mixin for the admin of rows that have a queryset method `within`."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = cast("Any", super()).get_queryset(request)
        found: QuerySet[Any] = rows.within(reach_in(request))
        return found

    def is_theirs(self, request: HttpRequest, obj: Any) -> bool:
        """Return whether the person may change this one, as far as whose it is decides."""
        return reach_in(request).touches(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may: bool = cast("Any", super()).has_change_permission(request, obj)
        return may and (obj is None or self.is_theirs(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may: bool = cast("Any", super()).has_delete_permission(request, obj)
        return may and (obj is None or self.is_theirs(request, obj))


class NamedWithin(Within):
    """Mixin for the admin of what is owned by its name. `kind_of` says what it is."""

    def kind_of(self, obj: Any) -> str:
        """Return the kind of what this row is about."""
        raise NotImplementedError

    def may_define(self, request: HttpRequest, kind: str, name: str) -> bool:
        """Return whether what is called so is the person's to define, as REST has it, too."""
        return reach_in(request).has(kind, name)

    def is_theirs(self, request: HttpRequest, obj: Any) -> bool:
        return self.may_define(request, self.kind_of(obj), obj.name)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return a form that refuses a name which is not the person's to define."""
        form: Any = cast("Any", super()).get_form(request, obj, change=change, **kwargs)
        kind_of, may_define = self.kind_of, self.may_define

        class TheirsForm(form):  # type: ignore[misc]
            def clean(self) -> Any:
                cleaned = super().clean() or self.cleaned_data
                name, row = cleaned.get("name"), self._meta.model(**{k: v for k, v in cleaned.items() if k == "kind"})
                if name and not may_define(request, kind_of(row), name):
                    self.add_error("name", not_of_theirs(f"The {kind_of(row)} '{name}'"))
                return cleaned

        return TheirsForm
