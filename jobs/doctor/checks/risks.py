"""Checks of known risks: what is allowed, and would do harm in the wrong hands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password, is_password_usable
from django.db.models import QuerySet

from jobs import receivers
from jobs.conf import conf
from jobs.doctor.finding import Finding, bad, note, ok, warn
from jobs.doctor.patient import Patient
from jobs.models import Token

OBVIOUS = {"admin", "password", "runat"}  # and the user's own name
TRIED = 2  # superusers: each try of a password takes half a second
NAMED = 5
ENDS_SOON = timedelta(days=7)
WIDEST = {4: 8, 6: 32}  # bits of a network that names no more than one should


def root(patient: Patient) -> Iterator[Finding]:
    """Yield whether this process may do everything with its machine. Others that run as it does may, too."""
    if os.geteuid() == 0:
        yield warn(
            "This runs as root: if web, beat and workers do, a job can do anything with its machine.",
            "Run them as a user of their own, as the image does (docs/trust.md).",
            "uid 0",
        )
    else:
        yield ok("This does not run as root.", f"uid {os.geteuid()}")


def commands(patient: Patient) -> Iterator[Finding]:
    """Yield which programs jobs may run."""
    found = conf().commands
    if not found:
        yield ok("No job can run a program: JOBS_COMMANDS is empty.")
        return
    for name, command in found.items():
        if command.user is None and os.geteuid() == 0:
            yield warn(f"The command {name} runs as root.", f"Give it a user in JOBS_COMMANDS: {command.program}")
        elif command.more_arguments and not command.approval:
            yield note(
                f"The command {name} takes arguments from jobs, without a second person's approval.",
                "Set its approval in JOBS_COMMANDS, if that is more than you want.",
                command.program,
            )
    yield note("Jobs may run programs.", "docs/command.md says who may have them run.", f"{len(found)} commands")


def reach(patient: Patient) -> Iterator[Finding]:
    """Yield which addresses inside HTTP jobs may call."""
    wide = []
    for text in conf().http_allow:
        try:
            one = receivers.receiver(text)
        except ValueError:
            continue  # the system checks say so
        if one.network is not None and (one.network.prefixlen < WIDEST[one.network.version] or _is_risky(one)):
            wide.append(text)
    if wide:
        yield warn(
            "JOBS_HTTP_ALLOW opens more than it should: this machine, the cloud's metadata, or all of a network.",
            "Name the hosts that jobs have to call, each with its port.",
            ", ".join(wide),
        )
    else:
        yield ok("HTTP jobs reach public addresses, and what was named.", f"{len(conf().http_allow)} entries")


def _is_risky(one: receivers.Receiver) -> bool:
    network = one.network
    return network is not None and one.port is None and (network.is_loopback or network.is_link_local)


def passwords(patient: Patient) -> Iterator[Finding]:
    """Yield superusers whose password is the first that anybody tries."""
    users = get_user_model().objects.filter(is_superuser=True, is_active=True).order_by("id")
    count = users.count()
    weak = [
        user.get_username()
        for user in users[:TRIED]
        if is_password_usable(user.password)
        and any(check_password(word, user.password) for word in OBVIOUS | {user.get_username()})
    ]
    for name in weak:
        yield bad(
            f"The password of the superuser {name} is the first that anybody tries.",
            f"python manage.py changepassword {name}",
        )
    if not weak:
        yield ok(
            "No superuser that was tried has an obvious password.", f"{min(count, TRIED)} of {count} superusers tried"
        )


def tokens(patient: Patient) -> Iterator[Finding]:
    """Yield tokens that live for ever, and those that end soon."""
    living = Token.objects.filter(rotated_at=None, owner__is_active=True).select_related("owner", "credential")
    endless = living.filter(credential__expiry=None)
    ending = living.filter(credential__expiry__gt=patient.now, credential__expiry__lt=patient.now + ENDS_SOON)
    if count := endless.count():
        yield warn(
            "Tokens never end: who finds one may use it for ever.",
            "python manage.py jobs tokens create USERNAME --days 90, and revoke the old one; JOBS_TOKEN_MAX_DAYS bounds"
            " new ones.",
            f"{count}: {_named(endless)}",
        )
    if count := ending.count():
        yield note(
            f"Tokens end within {ENDS_SOON.days} days.",
            "python manage.py jobs tokens rotate USERNAME NAME --grace 1d",
            f"{count}: {_named(ending)}",
        )
    if not (endless or ending):
        yield ok("Each token ends some day, and none within days.", f"{living.count()} tokens")


def _named(tokens: QuerySet[Token]) -> str:
    return ", ".join(f"{one.name} of {one.owner.get_username()}" for one in tokens[:NAMED])


def factors(patient: Patient) -> Iterator[Finding]:
    """Yield whether a stolen password is enough to enter the admin."""
    if conf().staff_need_totp:
        yield ok("Who enters the admin shows a code of an authenticator, too.")
    else:
        yield note(
            "A password is enough to enter the admin.",
            "JOBS_STAFF_NEED_TOTP=true asks for an authenticator's code, too (docs/trust.md).",
        )
