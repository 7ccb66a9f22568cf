"""Versions in the admin's forms of definitions: one that was changed since it was opened is not saved."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from jobs.models.described import definition_tag
from jobs.transitions.stale import Stale
from jobs.web.seen import CHANGED, SEEN


def has_version(row: Any) -> bool:
    """Return whether it is told when this was changed: not of accounts and groups, which are Django's."""
    return hasattr(row, "described")


class SaysSeen:
    """Mixin for the admin of what can be changed: its form says for which version it was shown. `save_model` asks for
    that (`seen_in`), and raises Stale where it is another by now."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return a form that says so where it was refused."""
        form: Any = cast("Any", super()).get_form(request, obj, change=change, **kwargs)
        refusal: str = getattr(request, "refusal", "")
        if not refusal:
            return form

        class RefusedForm(form):  # type: ignore[misc]
            def clean(self) -> Any:
                cleaned = super().clean() or self.cleaned_data
                self.add_error(None, refusal)
                return cleaned

        return RefusedForm

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Save, or show the form again with what was written in it."""
        try:
            return cast("Any", super()).changeform_view(request, object_id, *args, **kwargs)
        except Stale:
            cast("Any", request).refusal = CHANGED
        return cast("Any", super()).changeform_view(request, object_id, *args, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None and has_version(
            obj
        ):  # of one that is shown again, what it was shown for: the row has what was sent in it
            context[SEEN] = request.POST.get(SEEN, "") if request.method == "POST" else definition_tag(obj)
        answer: HttpResponse = cast("Any", super()).render_change_form(request, context, *args, obj=obj, **kwargs)
        return answer
