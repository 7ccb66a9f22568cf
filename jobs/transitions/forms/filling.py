"""Makes a job of a form that was filled in, once for each form that was opened, by a person or through a link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from jobs import rules
from jobs.creation_limits import admission_of, admission_of_link
from jobs.database import transaction
from jobs.models import Audit, Form, FormLink, Job, Subject
from jobs.models.constraints import EARLIEST_RUN_AT
from jobs.rights.form_links import why_nobody_stands, why_not_by_links
from jobs.targets.sentences import about
from jobs.transitions import given
from jobs.transitions.creation import KeyReused, create, earlier
from jobs.transitions.creation.once import is_known
from jobs.transitions.forms.definition import key_of, labels_of
from jobs.transitions.forms.free_fields import free_fields

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

NEEDED = "fill this in."


class Ended(Exception):
    """Refusal of a link that opens nothing any more."""


class Tomorrow(Exception):
    """Refusal of a link that was used as often today as it may be."""


@dataclass(frozen=True)
class Chosen:
    """A time that was chosen, None: none. One that is counted `from_now` is another when it is sent again."""

    at: datetime | None = None
    from_now: bool = False


@dataclass(frozen=True)
class _ByLink:
    """Person who comes by a link, as the audit keeps him: nobody, with what he came by."""

    token: FormLink


def judged(
    form: Form,
    values: Mapping[str, Any],
    *,
    chosen: Chosen,
    once: str,
    by: AbstractBaseUser | None,
    now: datetime,
) -> rules.NewJob:
    """Return the job of this form with these values of its fields. What is fixed goes over whatever was sent, and what
    is no field of the form is passed by. `once`: of the form as it was opened; `by`: who will be the job's creator.

    Raises ValidationError: field -> sentences, `payload` for those about arguments."""
    fields = free_fields(form)
    filled = {field.name: values[field.name] for field in fields if field.name in values}
    missing = [one.name for one in fields if one.required and str(filled.get(one.name, "")).strip() == ""]
    if missing:
        raise ValidationError({"payload": [about(name, "missing", NEEDED) for name in missing]})
    given.refuse_references(filled, given.FORM)
    when, too_far = _time(form, chosen.at, now)
    asked: dict[str, Any] = {
        "target": form.target,
        "payload": {**filled, **form.payload},
        "run_at": when,
        "name": form.title,
        "queue": form.queue,
        "labels": labels_of(form),
        "idempotency_key": key_of(form, once),
    }
    try:
        new = _checked(asked, by, now)
    except ValidationError as error:
        raise ValidationError(_without_signature(error, [field.name for field in fields])) from None
    given.refuse_elsewhere(form.target, form.payload, filled, given.FORM)
    # A time that follows from when it was sent is another one when it is sent again, and nothing that was asked for.
    is_asked = form.when == Form.When.CHOSEN and chosen.at is not None and not chosen.from_now
    new = new if is_asked else replace(new, asked_at=None)
    if too_far and not _is_known(new, by):
        raise ValidationError({"run_at": [too_far]})
    return new


def _checked(asked: Mapping[str, Any], by: AbstractBaseUser | None, now: datetime) -> rules.NewJob:
    """Return the job that is asked for. Raises ValidationError."""
    try:
        return rules.check_new_job(**asked, now=now)
    except ValidationError as error:
        # The form may be sent again when its time has passed: it was judged when it came first.
        if set(error.message_dict) != {"run_at"} or not is_known(asked["idempotency_key"], by=by):
            raise
        return rules.check_new_job(**asked, now=EARLIEST_RUN_AT)


def _is_known(new: rules.NewJob, by: AbstractBaseUser | None) -> bool:
    """Return whether this was noted before. Sent again it has the same answer, also where its time is over by now."""
    try:
        return bool(earlier([new], by=by))
    except KeyReused:
        return False


def _without_signature(error: ValidationError, names: Sequence[str]) -> dict[str, list[str]]:
    """Return what is wrong, without what a target says of all that it takes where one of these is missing: what is
    fixed is not for those who fill in the rest."""
    lacking = {about(name, "missing", ""): about(name, "missing", NEEDED) for name in names}
    found = dict(error.message_dict)
    for number, problem in enumerate(found.get("payload", ())):
        instead = (said for start, said in lacking.items() if problem.startswith(start))
        found["payload"][number] = next(instead, problem)
    return found


def _time(form: Form, chosen: datetime | None, now: datetime) -> tuple[datetime | None, str]:
    """Return the time of the job, None for now, and why it cannot be chosen, empty where it can."""
    if form.when == Form.When.DELAY:
        return (now + timedelta(seconds=form.delay) if form.delay else None), ""
    first, last = now + timedelta(seconds=form.earliest), now + timedelta(seconds=form.latest)
    if chosen is None:
        return (first if form.earliest else None), ""
    if not (form.earliest == 0 or chosen >= first) or chosen > last:
        span = f"from {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC"
        return chosen, f"Choose a time {span}."
    return chosen, ""


def by_person(form: Form, new: rules.NewJob, *, by: AbstractBaseUser, now: datetime) -> tuple[Job, bool]:
    """Create the job of this person, with True; the one that was created before by the same form, with False.

    Raises KeyReused where that was sent with other values, and TooFast."""
    for job in earlier([new], by=by):
        return job, False
    admission_of(by).single()
    with transaction.atomic():
        return _created(form, new, by=by, asker=by, now=now)


def by_link(link: FormLink, new: rules.NewJob, *, now: datetime) -> bool:
    """Create the job of somebody without an account; False where it was created before by the same form.

    Whoever made the link is the job's creator, so that it is not he who approves it. Raises Ended, Tomorrow, KeyReused,
    TooFast."""
    _refuse_used_up(link, new, now)
    admission_of_link(link.pk).single()
    with transaction.atomic():
        # Nobody else uses it until this transaction ends: of two who come for its last use one is refused.
        locked = FormLink.objects.select_for_update(no_key=True).filter(pk=link.pk).first()
        if locked is None:  # its form was deleted meanwhile
            raise Ended
        if not _refuse_used_up(locked, new, now):
            return False
        _, created = _created(link.form, new, by=link.created_by, asker=_ByLink(locked), now=now)
        if created:
            FormLink.objects.count_use(locked, now)
        return created


def _refuse_used_up(link: FormLink, new: rules.NewJob, now: datetime) -> bool:
    """Return False where the link has been used for this already. Raises Ended, Tomorrow, KeyReused."""
    closed = link.is_closed(now) or why_nobody_stands(link.created_by, link.form)
    if closed or why_not_by_links(link.form, new.payload):
        raise Ended
    if earlier([new], by=link.created_by):
        return False
    if link.why_ended(now):
        raise Ended
    if link.is_used_up_today(now):
        raise Tomorrow
    return True


def _created(
    form: Form, new: rules.NewJob, *, by: AbstractBaseUser | None, asker: object, now: datetime
) -> tuple[Job, bool]:
    job, created = create(new, now=now, by=by, lent=True)
    if created:
        after = {"job": job.pk}
        Audit.objects.note(Subject.FILLED_FORM, form.name, by=asker, now=now, before=None, after=after)
    return job, created
