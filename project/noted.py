"""Logins, and what was refused, in the audit: bounded, so that nobody fills the table with it.

Of what the same one tries in an hour the first, tenth, hundredth and so on is written; of what strangers try, for whom
there is no account or token, MOST_OF_STRANGERS entries an hour at most, and their number from then on. See ADR 56.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from jobs.clock import clock
from jobs.database import connection, transaction
from jobs.models import Audit, Change, Subject, Token
from jobs.web.client_address import address

if TYPE_CHECKING:
    from axes.models import AccessAttempt

log = logging.getLogger("project.noted")
MOST_OF_STRANGERS = 1_000  # entries in an hour
STRANGERS = "strangers"
LONGEST = 300  # characters of what is counted, by the table's CHECK
LONGEST_NAME = 255
SAFE = ("GET", "HEAD", "OPTIONS")
CHANGES = ("POST", "PUT", "PATCH", "DELETE")
TOKEN_BEGINS = 15  # characters by which a token is listed
COUNT = """
INSERT INTO jobs_noted AS noted (what, since, times) VALUES (%(what)s, %(since)s, 1)
ON CONFLICT (what) DO UPDATE SET since = excluded.since,
    times = CASE WHEN noted.since = excluded.since THEN noted.times + 1 ELSE 1 END
RETURNING times
"""
FORGET = "DELETE FROM jobs_noted WHERE since < %s"


def watch() -> None:
    """Note failed logins from now on."""
    user_login_failed.connect(_login_failed, dispatch_uid="project.noted")


def _login_failed(credentials: Mapping[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    login_refused(request, str(credentials.get("username") or ""), "A wrong password or code.")


def login_refused(request: HttpRequest | None, username: str, why: str) -> None:
    """Note that somebody was not let in. The name is kept where there is such an account: else it may be a password
    that was typed into the wrong field."""
    known = _known(username)
    where = _where(request)
    _note(Subject.LOGIN, known, f"login {known}" if known else f"login from {where}", why, where, stranger=not known)


def logged_in(request: HttpRequest, user: Any, how: str) -> None:
    """Note that this person has logged in: from each address by itself, since from another it may be somebody else."""
    name, where = user.get_username(), _where(request)
    _note(Subject.LOGIN, name, f"logged in from {where} {name}", how, where, by=user, verb=Change.LOG_IN)


def password_asked(request: HttpRequest | None, username: str) -> None:
    """Note that a mail was asked for by which this person gets a new password; empty: for an address of nobody's."""
    where = _where(request)
    why = "A mail for a new password was asked for." if username else "A mail for a new password: for nobody here."
    what = f"password {username}" if username else f"password from {where}"
    _note(Subject.LOGIN, username, what, why, where, verb=Change.CHANGE, stranger=not username)


def unlocked(attempt: AccessAttempt, by: Any) -> None:
    """Note that a person has made wrong passwords and codes forgotten. As everywhere, a name that no account has is not
    kept: it may be a password."""
    name = _known(attempt.username or "")
    before = {"from": attempt.ip_address or "an unknown address", "wrong": attempt.failures_since_start}
    why = "Who was counted here is let in again."
    Audit.objects.note(Subject.LOGIN, name, by=by, now=clock.current(), before=before, after=None, reason=why)


def refusals(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: notes changes that were refused for want of rights, and tokens that open nothing."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 401 and request.headers.get("Authorization", "").startswith("Bearer "):
            _token_refused(request, response)
        elif response.status_code == 403 and request.method not in SAFE and request.user.is_authenticated:
            why = _why(request, response)
            if why is not None:
                name = f"{request.method} {request.path}"
                route = request.resolver_match.route if request.resolver_match else request.path
                method = request.method if request.method in CHANGES else "another method"  # anybody can make up one
                what = f"request {request.user.pk} {method} {route}"
                _note(Subject.REQUEST, name, what, why, _where(request), by=request.user)
        return response

    return respond


def _token_refused(request: HttpRequest, response: HttpResponse) -> None:
    begins = request.headers["Authorization"].removeprefix("Bearer ").strip()[:TOKEN_BEGINS]
    is_text = begins.isascii() and begins.isprintable()
    token = Token.objects.filter(credential__token_key=begins).first() if is_text else None
    where = _where(request)
    name = f"{token.prefix} {token.name}" if token is not None else ""
    what = f"token {begins}" if token is not None else f"token from {where}"
    why = _why(request, response) or "It opens nothing."
    _note(Subject.TOKEN, name, what, why, where, stranger=token is None)


def _why(request: HttpRequest, response: HttpResponse) -> str | None:
    """Return why it was refused; None where it was no question of rights, as a form without its CSRF token."""
    said = getattr(response, "data", None)
    if isinstance(said, Mapping) and "detail" in said:
        detail = str(said["detail"])
        return None if detail.startswith("CSRF Failed") else detail
    if not getattr(request, "csrf_processing_done", False):
        return None
    refusal: str = getattr(response, "refusal", "A right is missing.")
    return refusal


def _note(
    subject: Subject,
    name: str,
    what: str,
    why: str,
    where: str,
    *,
    by: Any = None,
    verb: Change = Change.REFUSE,
    stranger: bool = False,
) -> None:
    """Write the entry, if it is one of those that are written. What cannot be noted is answered all the same."""
    now, name = clock.current(), name.replace("\0", "")[:LONGEST_NAME]
    try:
        with transaction.atomic():
            all_of_them = _count(STRANGERS, now) if stranger else 0
            if all_of_them > MOST_OF_STRANGERS:
                if all_of_them == MOST_OF_STRANGERS + 1 or _is_round(all_of_them):
                    said = f"Strangers were refused {all_of_them:,} times in this hour: not listed one by one any more."
                    Audit.objects.note(
                        Subject.LOGIN, "", verb=verb, by=None, now=now, before=None, after=None, reason=said
                    )
                return
            times = _count(what.replace("\0", "")[:LONGEST], now)
            if _is_round(times):
                after = {"from": where, **({"times_in_this_hour": times} if times > 1 else {})}
                Audit.objects.note(subject, name, verb=verb, by=by, now=now, before=None, after=after, reason=why)
    except DatabaseError:
        log.exception("%s of %s was not noted: %s", verb, what, why)


def _count(what: str, now: datetime) -> int:
    """Count it, and return how often it came in this hour. With the first of an hour, what is older is forgotten."""
    since = now.replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"what": what, "since": since})
        times: int = cursor.fetchone()[0]
        if times == 1:
            cursor.execute(FORGET, [since - timedelta(hours=1)])
    return times


def _is_round(times: int) -> bool:
    return str(times).strip("0") == "1"


def _known(username: str) -> str:
    """Return the name of this account; empty: there is none."""
    model = get_user_model()
    accounts = model._default_manager.filter(**{model.USERNAME_FIELD: username.replace("\0", "")})
    return accounts.values_list(model.USERNAME_FIELD, flat=True).first() or ""


def _where(request: HttpRequest | None) -> str:
    return (address(request) if request is not None else None) or "an unknown address"
