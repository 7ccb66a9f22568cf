"""Page on which schedules of other schedulers are brought: a file, a preview of each of its lines, and the choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from jobs.admin.theme import dress
from jobs.clock import clock
from jobs.creation_limits import TooFast, TooMany, admission_of
from jobs.models import Schedule
from jobs.rules.rights import schedule_problems
from jobs.web.bringing import SOURCES, BadTable, Line, NotBrought, Table, TooMuch, bring, brought, preview
from jobs.web.bringing.sources import LARGEST

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from jobs.admin.schedules.schedule import ScheduleAdmin

MOST_AT_ONCE = 1000  # entries: all of them are one transaction
TABLE_HELP = (
    'What commands become, in TOML: [[commands]], then pattern = "/usr/bin/report *" and target = "report.make".'
)


class BringForm(forms.Form):
    """Form for a file of another scheduler. `text` is what was chosen or pasted."""

    source = forms.ChoiceField(label="Comes from", choices=[(key, one.label) for key, one in SOURCES.items()])
    zone = forms.CharField(label="Zone of that machine", initial="UTC", help_text="For what names no zone.")
    file = forms.FileField(label="File", required=False, allow_empty_file=True)
    text = forms.CharField(
        label="Or its text",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "code"}),
    )
    table = forms.CharField(
        label="Commands to targets",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "code"}),
        help_text=TABLE_HELP,
    )
    shadow = forms.BooleanField(
        label="In shadow",
        required=False,
        help_text="What runs there notes here when it would start, and starts nothing until it is switched on.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean_table(self) -> Table:
        try:
            return Table.of_toml(self.cleaned_data["table"])
        except BadTable as error:
            raise ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        file = cleaned.get("file")
        if file is not None:
            try:
                cleaned["text"] = file.read(LARGEST + 1).decode("utf-8-sig")
            except UnicodeDecodeError as error:
                if file.size <= LARGEST:
                    self.add_error("file", f"This is not UTF-8: byte {error.start} is wrong; save it as UTF-8.")
            if file.size > LARGEST:
                self.add_error("file", f"This has {file.size} bytes; {LARGEST} are read at most. Bring it in parts.")
        elif not (cleaned.get("text") or "").strip():
            self.add_error("text", "Choose a file, or paste its text.")
        return cleaned


def show(admin: ScheduleAdmin, request: HttpRequest) -> HttpResponse:
    """Return the page: the form, with the preview of what it has."""
    by = cast("AbstractBaseUser", request.user)
    if not admin.has_add_permission(request) or schedule_problems(by):
        raise PermissionDenied
    form, lines = BringForm(), list[Line]()
    if request.method == "POST":
        form = BringForm(request.POST, request.FILES)
        if form.is_valid():
            lines = _lines(form, by)
            chosen = {int(place) for place in request.POST.getlist("take") if place.isdecimal()}
            if lines and "_bring" in request.POST and _brought(request, [lines[n] for n in chosen if n < len(lines)]):
                return redirect(reverse("admin:jobs_schedule_changelist"))
            if form.files:  # a file cannot be shown in its field again, its text can
                data = request.POST.copy()
                data["text"] = form.cleaned_data["text"]
                form.data = data
    context: dict[str, Any] = {
        **admin.admin_site.each_context(request),
        "title": "Bring schedules",
        "opts": Schedule._meta,
        "form": form,
        "lines": lines,
        "good": sum(line.is_good for line in lines),
    }
    return TemplateResponse(request, "admin/jobs/schedule/bring.html", context)


def _lines(form: BringForm, by: AbstractBaseUser) -> list[Line]:
    given, now = form.cleaned_data, clock.current()
    try:
        return preview(
            given["source"],
            given["text"],
            zone=given["zone"],
            table=given["table"],
            shadow=given["shadow"],
            now=now,
            by=by,
            most=MOST_AT_ONCE,
        )
    except TooMuch as error:
        form.add_error("text", str(error))
    except ValidationError as error:
        form.add_error(None, error)
    return []


def _brought(request: HttpRequest, lines: list[Line]) -> bool:
    """Create the schedules of these lines, all or none; returns whether they are there."""
    by = cast("AbstractBaseUser", request.user)
    try:
        if lines:
            admission_of(by).bulk(len(lines))
        made = bring(lines, by=by, now=clock.current())
    except (NotBrought, TooFast, TooMany) as error:
        messages.error(request, str(error))
        return False
    messages.success(request, f"{len(made)} schedule{'' if len(made) == 1 else 's'} brought, {brought(made)}")
    return True
