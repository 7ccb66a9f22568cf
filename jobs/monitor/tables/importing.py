"""`/jobs/import/`: a table, CSV or a workbook, is uploaded, looked at, and its jobs are created in one operation, or
none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from jobs import rules, transitions, workbooks
from jobs.api.bodies import LARGEST
from jobs.api.bulk.columns import PART
from jobs.api.bulk.judging import MOST_WRONG
from jobs.api.serializers.requests import MOST_IN_BULK
from jobs.cells import digest_of, file_key
from jobs.clock import clock
from jobs.creation_limits import TooFast, TooMany, admission_of
from jobs.models import Job, Upload
from jobs.monitor.tables.looking import Looked, NoTable, look, wrong_rows
from jobs.permissions import ADD_JOB, why_refused
from jobs.rights import reach_of
from jobs.rules.finding import address_of
from jobs.transitions import uploads
from jobs.transitions.creation import KeyInUse, KeyReused
from jobs.web import arguments, cells, parsing
from jobs.web.appearance.person import remember_typed, typed_zone
from jobs.web.fields import startable
from jobs.web.refused import refuse

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

P = ParamSpec("P")

MOST_BYTES = LARGEST
MIB = 1024 * 1024
SHOWN = 100  # mistakes on the page; the table of the wrong rows has all that were found
TICK = timedelta(milliseconds=1)
FIRST = ("target", "name", "run_at", "queue")  # columns of the template, before the arguments
ENDED = "There is no such file of yours: its jobs are created, or its hour is over. Upload it again."
GOOD = "good"  # create those that are good, instead of none


def for_creators(view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Give a page to those who may create jobs; tell others which permission they lack."""

    @wraps(view)
    def allowed(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.has_perm(ADD_JOB):
            return refuse(request, why_refused(request.user, ADD_JOB))
        return view(request, *args, **kwargs)

    return login_required(allowed)


class UploadForm(forms.Form):
    """Form for a file. After `is_valid()`, `found` is what is in it."""

    found: Looked
    content: bytes

    file = forms.FileField(
        label="File",
        widget=forms.FileInput(attrs={"accept": f".csv,text/csv,.xlsx,{workbooks.KIND}"}),
        help_text=f"CSV in UTF-8, or a workbook (XLSX); {MOST_IN_BULK:,} rows and {MOST_BYTES // MIB} MiB at most.",
        error_messages={"required": "Choose a file.", "empty": "This file is empty; choose another."},
    )
    time_zone = forms.CharField(
        initial="UTC",
        label="Time zone",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Of the times in it that name no zone: UTC or a name like Europe/Berlin.",
    )

    def __init__(self, *args: Any, by: AbstractBaseUser, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._by, self._now = by, now

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(
                f"This file has {file.size / MIB:,.1f} MiB; {MOST_BYTES // MIB} are read at most. Bring it in parts."
            )
        return file

    def clean_time_zone(self) -> ZoneInfo:
        try:
            return parsing.zone(self.cleaned_data["time_zone"])
        except parsing.Unreadable as error:
            raise ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        if "file" in self.cleaned_data and "time_zone" in self.cleaned_data:
            self.content = self.cleaned_data["file"].read()
            zone = self.cleaned_data["time_zone"]
            key = file_key(digest_of(self.content, zone.key))
            try:
                self.found = look(self.content, zone, key=key, by=self._by, now=self._now)
            except NoTable as error:
                self.add_error("file", str(error))
        return self.cleaned_data


@require_http_methods(["GET", "HEAD", "POST"])
@for_creators
def import_jobs(request: HttpRequest) -> HttpResponse:
    """Ask for a file; with one, keep it for an hour and lead to what was found in it. Nothing is created."""
    by, now = cast("AbstractBaseUser", request.user), clock.current()
    if request.method != "POST":
        form = UploadForm(by=by, now=now, initial={"time_zone": typed_zone(request) or "UTC"})
        return _asked(request, form)
    form = UploadForm(request.POST, request.FILES, by=by, now=now)
    if not form.is_valid():
        return _asked(request, form, status=400)
    zone = form.cleaned_data["time_zone"]
    remember_typed(request, zone)
    name, found = form.cleaned_data["file"].name, form.found.summary()
    return redirect("import", uploads.keep(name, form.content, zone.key, found, by=by, now=now).pk)


@require_http_methods(["GET", "HEAD", "POST"])
@for_creators
def import_page(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Show what was found in a file; with `create`, create its jobs, all or those that are good."""
    by, now = cast("AbstractBaseUser", request.user), clock.current()
    upload = _own(upload_id, by, now)
    if request.method != "POST":
        return _shown(request, upload, by)
    if "forget" in request.POST:
        uploads.forget(upload)
        messages.success(request, f"{upload} is forgotten; nothing was created.")
        return redirect("import-jobs")
    try:
        ids, created = _create(
            upload, by, now, only_good=request.POST.get("which") == GOOD, again="again" in request.POST
        )
    except _NotCreated as why:
        return _shown(request, upload, by, why=str(why), status=400)
    uploads.forget(upload)
    return _created(request, upload, ids, created)


@require_safe
@for_creators
def wrong(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Return the rows that are wrong as a table, each with its line and what is wrong with it."""
    by = cast("AbstractBaseUser", request.user)
    upload = _own(upload_id, by, clock.current())
    mistakes = [(line, column, said) for line, column, said in upload.found["mistakes"]]
    try:
        return _file("wrong-rows.csv", "".join(wrong_rows(_content(upload), mistakes)))
    except NoTable as error:
        return _shown(request, upload, by, why=str(error), status=400)


@require_safe
@for_creators
def template(request: HttpRequest) -> HttpResponse:
    """Return a table to be filled: the first line, with a column for each argument of the target that is asked for."""
    target = request.GET.get("target", "")
    known = arguments.fields_of(target)
    payload = ["payload"] if known is None else [PART + name for name in known]
    others = [name for name in rules.ASKED if name not in (*FIRST, "payload")]
    text = cells.line([*FIRST, *payload, *others])
    if target:
        text += cells.line([target])
    return _file("jobs.csv", text)


class _NotCreated(Exception):
    """Refusal to create the jobs of a file; the message says why, and what to do."""


def _create(
    upload: Upload, by: AbstractBaseUser, now: datetime, *, only_good: bool, again: bool
) -> tuple[list[int], bool]:
    """Judge the file anew, since times have passed and rights may have gone, and create. Raises _NotCreated."""
    key = file_key(upload.digest, upload.pk if again else None)
    try:
        judged = look(_content(upload), ZoneInfo(upload.zone), key=key, by=by, now=now).judged
    except NoTable as error:  # this process reads no workbooks, or otherwise
        raise _NotCreated(str(error)) from None
    if judged.wrong > MOST_WRONG or not judged.new:
        raise _NotCreated("Too much is wrong with this file by now: mend it, and upload it again.")
    if judged.wrong and not only_good:
        raise _NotCreated(f"{judged.wrong:,} rows are wrong by now: upload the file again to see why.")
    new = list(judged.new.values())
    try:
        if _earlier(new[0].idempotency_key, by) is None:
            admission_of(by).bulk(len(new))
        return transitions.create_all(new, now=now, by=by)
    except KeyReused:
        raise _NotCreated(
            "This file was brought before, and other rows of it were good then: bring only the rows that were wrong, "
            "or say that all are to be created once more."
        ) from None
    except KeyInUse:
        raise _NotCreated("The jobs of this file are being created at this moment: look at the list of jobs.") from None
    except (TooFast, TooMany, PermissionDenied) as error:
        raise _NotCreated(str(error)) from None
    except ValidationError as error:
        raise _NotCreated(" ".join(error.messages)) from None


def _earlier(key: str | None, by: AbstractBaseUser) -> Job | None:
    """Return the job that this user has created with this key; None where there is none."""
    return Job.objects.filter(created_by_id=by.pk, idempotency_key=key).first()


def _asked(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    targets = startable(reach_of(request.user))
    facts = {"form": form, "fields": list(rules.ASKED.values()), "part": PART, "targets": targets}
    return render(request, "jobs/monitor/import.html", facts, status=status)


def _shown(
    request: HttpRequest, upload: Upload, by: AbstractBaseUser, *, why: str = "", status: int = 200
) -> HttpResponse:
    mistakes = upload.found["mistakes"]
    facts = {
        "upload": upload,
        "why": why,
        "good": upload.total - upload.wrong,
        "mistakes": mistakes[:SHOWN],
        "more": len(mistakes) - SHOWN,
        "passed_by": upload.found["passed_by"],
        "sheets": upload.found.get("sheets"),
        "stopped": upload.wrong > MOST_WRONG,
        "most_wrong": MOST_WRONG,
        "earlier": _brought_before(upload, by),
    }
    return render(request, "jobs/monitor/import_found.html", facts, status=status)


def _brought_before(upload: Upload, by: AbstractBaseUser) -> Job | None:
    """Return the first job that was created of the same file; None where none was."""
    first = upload.found["first"]
    return None if first is None else _earlier(f"{file_key(upload.digest)}/{first}", by)


def _own(upload_id: int, by: AbstractBaseUser, now: datetime) -> Upload:
    upload = Upload.objects.of(by, now).without_content().filter(pk=upload_id).first()
    if upload is None:
        raise Http404(ENDED)
    return upload


def _content(upload: Upload) -> bytes:
    """Return the file, which is read only now: meanwhile it may have gone. Raises Http404 then."""
    try:
        return uploads.content_of(upload)
    except Upload.DoesNotExist:
        raise Http404(ENDED) from None


def _created(request: HttpRequest, upload: Upload, ids: list[int], created: bool) -> HttpResponse:
    """Say what became of it, and lead to the list of these jobs."""
    jobs = f"{len(ids):,} job{'' if len(ids) == 1 else 's'}"
    if created:
        messages.success(request, f"{jobs} of {upload} created.")
    else:
        messages.info(request, f"{upload} was brought before: its {jobs} are there already, and no other was created.")
    if len(ids) == 1:
        return redirect("job", ids[0])
    at = Job.objects.filter(pk=ids[0]).values_list("created_at", flat=True).first()
    query = address_of({"created_at_after": at.isoformat(), "created_at_before": (at + TICK).isoformat()}) if at else ""
    return redirect(f"{reverse('jobs')}?{query}")


def _file(name: str, text: str) -> HttpResponse:
    """Return a table to be saved; spreadsheets read UTF-8 where it begins with its mark."""
    answer = HttpResponse(f"\ufeff{text}", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
