"""Ways to a destination. Each takes its time, and at most so much of it: nobody waits for one in a transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from pydantic import ValidationError as Unreadable

from jobs import exactjson
from jobs.alerts.messages import Changes, Message
from jobs.clock import clock
from jobs.models import Destination
from jobs.targets.http.posting import NotTaken, is_signed, send
from jobs.targets.http.request import HttpRequest

SECONDS = 10.0  # for all of a webhook's request
MOST_ADDRESSES = 50
SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
NO_MAIL = "EMAIL_URL is not set: no mail can be sent. An operator sets it for web and the watcher."
KEYLESS = (
    "nothing signs what is sent there: an operator adds its host with a key to JOBS_HTTP_SIGNING_KEYS, such as "
    "hooks.example.com=whsec_..."
)

Kind = Destination.Kind
# What has a way of its own here, and what would act on the watcher's own host.
NOT_BY_APPRISE = {
    *("json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos"),
    *("dbus", "kde", "qt", "glib", "gnome", "macosx", "windows", "syslog"),
}


class NotSent(Exception):
    """Refusal or failure of a destination; the text says why, and nothing secret."""


def check(kind: str, address: str) -> None:
    """Judge an address when it is set. Raises ValueError."""
    try:
        CHECKS[Kind(kind)](address)
    except NotSent as error:
        raise ValueError(str(error)) from None


def deliver(kind: str, address: str, message: Message | Changes) -> None:
    """Send the message. Raises NotSent."""
    try:
        if isinstance(message, Changes):
            _changes(kind, address, message)
        else:
            WAYS[Kind(kind)](address, message)
    except NotSent:
        raise
    except Exception as error:  # a mail server, a resolver: each fails in its own way
        raise NotSent(_without(address, f"{type(error).__name__}: {error}")) from error


def ping(address: str) -> None:
    """Ask for this address: whoever waits for that there hears that we live. Raises NotSent."""
    try:
        request = HttpRequest(url=address, method="GET", timeout=SECONDS)
        send(request, message="ping", now=int(clock.timestamp()))
    except Unreadable as error:
        raise NotSent(_said(error)) from None
    except Exception as error:  # as above
        raise NotSent(_without(address, f"{type(error).__name__}: {error}")) from error


def _without(address: str, text: str) -> str:
    """Return the text without the address, or any of several."""
    for part in (address, *filter(None, map(str.strip, address.split(",")))):
        text = text.replace(part, "its address")
    return text


def _said(error: Unreadable) -> str:
    return "; ".join(one["msg"].removeprefix("Value error, ") for one in error.errors())


def _mail(address: str, message: Message) -> None:
    if not getattr(settings, "CAN_MAIL", True):  # a project of theirs says itself how it mails
        raise NotSent(NO_MAIL)
    EmailMessage(
        subject=f"[RunAt] {message.title}",
        body=message.text,
        to=_people(address),
        headers={"Message-ID": f"<{message.id}@runat>", "Auto-Submitted": "auto-generated"},
    ).send()


def _people(address: str) -> list[str]:
    found = [one.strip() for one in address.split(",") if one.strip()]
    if not 1 <= len(found) <= MOST_ADDRESSES:
        raise NotSent(f"write 1 to {MOST_ADDRESSES} addresses of people, with commas")
    for one in found:
        try:
            validate_email(one)
        except ValidationError:
            raise NotSent("one of the addresses is none; write them like ada@example.com, grace@example.com") from None
    return found


def _webhook(address: str, message: Message) -> None:
    _post(_request(address, exactjson.dumps(message.cloud_event)), str(message.id))


def _changes(kind: str, address: str, changes: Changes) -> None:
    if kind != Kind.WEBHOOK:  # somebody has made another of it meanwhile
        raise NotSent("changes of jobs are told to webhooks only")
    _post(_request(address, exactjson.dumps(changes.events), BATCH), str(changes.id))


def _post(request: HttpRequest, message: str) -> None:
    try:
        send(request, message=message, now=int(clock.timestamp()))
    except NotTaken as error:
        raise NotSent(str(error)) from error


def _request(address: str, body: str = "{}", kind: str = SINGLE) -> HttpRequest:
    try:
        request = HttpRequest(
            url=address.strip(),
            text=body,
            headers={"Content-Type": f"{kind}; charset=utf-8"},
            timeout=SECONDS,
        )
    except Unreadable as error:
        raise NotSent(_said(error)) from None
    if not is_signed(request.url):
        raise NotSent(KEYLESS)
    return request


def _apprise(address: str, message: Message) -> None:
    import apprise  # noqa: PLC0415 - as below

    # By way of this, not of the service: only so is text made safe in the title and body of each, as what it is: names
    # of queues and classes of errors are written by others, and must not be read as markup of a channel's.
    services = apprise.Apprise()
    services.add(_service(address))
    if not services.notify(title=f"[RunAt] {message.title}", body=message.text, body_format=apprise.NotifyFormat.TEXT):
        raise NotSent("the service did not take it: see that the address is right, and that its tokens still hold")


def _service(address: str) -> Any:
    """Return what apprise makes of an address. It has protocols of its own, each by requests of its own: they are not
    behind the rules of HTTP jobs, so only administrators set such addresses."""
    import apprise  # noqa: PLC0415 - a hundred services, for those who have such a destination

    apprise.logger.disabled = True  # it logs what services answer, tokens among it
    scheme = address.strip().partition("://")[0].lower()
    if scheme in NOT_BY_APPRISE:
        raise NotSent(
            f"{scheme}:// is not sent to by apprise here: use a webhook or mail, which are signed and checked"
        )
    found = apprise.Apprise.instantiate(address.strip())
    if not found:
        raise NotSent("apprise does not know this address: write it as its documentation says, such as slack://...")
    return found


WAYS: Mapping[Kind, Callable[[str, Message], None]] = {
    Kind.MAIL: _mail,
    Kind.WEBHOOK: _webhook,
    Kind.APPRISE: _apprise,
}
CHECKS: Mapping[Kind, Callable[[str], object]] = {
    Kind.MAIL: _people,
    Kind.WEBHOOK: _request,
    Kind.APPRISE: _service,
}
