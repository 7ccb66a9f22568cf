"""`manage.py api_token USERNAME`: makes a bearer token for the API and shows it once; lists, rotates, revokes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.views.decorators.debug import sensitive_variables

from jobs import tokens
from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Token
from jobs.models.accounts import account, account_names

DEFAULT_DAYS = 90
EXAMPLE = "curl -H 'Authorization: Bearer {secret}' {url}/api/v1/tokens/me/"
HERE = "http://127.0.0.1:8000"  # where web is, if nobody has said
ROW = "{:<24} {:<16} {:<16} {:<16} {:<16} {}"


class Command(BaseCommand):
    help = (
        "Make a bearer token for the API and print it. Only its digest is kept: it cannot be shown again. "
        "Or list, rotate or revoke those that there are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="?", help="whose token it is: it may do no more than this user")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--list", action="store_true", help="list tokens, of all users where none is named")
        what.add_argument("--rotate", metavar="NAME", help="make another in the place of this one (name or prefix)")
        what.add_argument("--revoke", metavar="NAME", help="end this one (name or prefix) at once")
        parser.add_argument("--name", default="", help="what it is called in lists; once for each user")
        parser.add_argument(
            "--days",
            default="",
            help=f"how long it lives: a number, or 'forever'; {DEFAULT_DAYS} where nothing is said",
        )
        parser.add_argument(
            "--scope", action="append", metavar="PERMISSION", help="what it may do (repeat it); all that its user may"
        )
        parser.add_argument("--queue", action="append", help="only jobs of this queue (repeat it); of any")
        parser.add_argument("--target", action="append", help="only jobs of this target (repeat it); of any")
        parser.add_argument(
            "--grace", choices=tokens.GRACES, default="0", help="with --rotate: how long the old one goes on; 0"
        )
        parser.add_argument("--by", metavar="USERNAME", help="who wants it, for the audit")
        parser.add_argument("--json", action="store_true", help="print JSON")

    @sensitive_variables()
    def handle(self, *args: Any, username: str | None, **options: Any) -> None:
        now = clock.current()
        owner = _user(username) if username else None
        if options["list"]:
            self._list(Token.objects.of(owner) if owner else Token.objects.all(), as_json=options["json"])
            return
        if owner is None:
            raise CommandError("Say whose token it is: python manage.py api_token USERNAME.")
        by = _user(options["by"]) if options["by"] else None
        try:
            if options["revoke"]:
                token = _token(owner, options["revoke"])
                tokens.revoke(token, by=by, now=now)
                self.stdout.write(f"{token} of '{username}' is revoked.")
                return
            if options["rotate"]:
                token = _token(owner, options["rotate"])
                made = tokens.rotate(token, tokens.GRACES[options["grace"]], by=by, now=now)
            else:
                made = tokens.make(owner, _asked(options), by=by, now=now)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        self._show(made, as_json=options["json"])

    @sensitive_variables()
    def _show(self, made: tokens.Made, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"token": made.secret, **_described(made.token)}))
            return
        self.stdout.write(made.secret)
        if self.stdout.isatty():  # not where a script reads it
            self.stdout.write(
                f"It is shown this once. Try it: {EXAMPLE.format(secret=made.secret, url=conf().public_url or HERE)}"
            )

    def _list(self, found: Any, *, as_json: bool) -> None:
        listed = list(found.for_people())
        if as_json:
            self.stdout.write(json.dumps([_described(token) for token in listed], indent=1))
            return
        self.stdout.write(ROW.format("name", "prefix", "user", "last used", "expires", "may"))
        for token in listed:
            used, expires = (f"{at:%Y-%m-%d %H:%M}" if at else "never" for at in (token.last_used_at, token.expires_at))
            may = token.why_ended(clock.now()) or _may(token)
            self.stdout.write(
                ROW.format(token.name, token.prefix, token.owner.get_username(), used, expires, may).rstrip()
            )


def _may(token: Token) -> str:
    only = [("queues", token.queues), ("targets", token.targets)]
    parts = [", ".join(tokens.scopes_of(token)), *(f"{what}: {', '.join(names)}" for what, names in only if names)]
    return "; ".join(parts)


def _described(token: Token) -> dict[str, Any]:
    """Return it as JSON, with what the audit does not keep."""
    moments = {"made_at": token.made_at, "last_used_at": token.last_used_at}
    return {
        **(token.described() or {}),
        "prefix": token.prefix,
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
        "ended": token.why_ended(clock.now()),
    }


def _asked(options: dict[str, Any]) -> tokens.Asked:
    return tokens.Asked(
        name=options["name"],
        life=_life(options["days"]),
        scopes=options["scope"],
        queues=options["queue"],
        targets=options["target"],
    )


def _life(days: str) -> timedelta | None:
    most = tokens.longest()
    if not days:
        return min(filter(None, (timedelta(days=DEFAULT_DAYS), most)))
    if days == "forever":
        return None
    try:
        return timedelta(days=float(days))
    except (ValueError, OverflowError):
        raise CommandError(f"--days is '{days}'; give a number of days, or forever.") from None


def _token(owner: Any, which: str) -> Token:
    found = list(Token.objects.of(owner).called(which).for_people()[:2])
    if len(found) == 1:
        return found[0]
    known = _few(str(token) for token in Token.objects.of(owner).for_people()[:10])
    raise CommandError(f"'{owner.get_username()}' has no token '{which}'. There are: {known}.")


def _user(username: str) -> Any:
    user = account(username)
    if user is None:
        known = _few(account_names()[:10])
        raise CommandError(f"There is no user '{username}'. Known are: {known}. Make one in the admin.")
    return user


def _few(names: Iterable[str]) -> str:
    return ", ".join(names) or "none yet"
