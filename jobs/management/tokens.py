"""`manage.py jobs tokens`: lists tokens of REST, makes them, each shown once, and rotates and revokes them."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.views.decorators.debug import sensitive_variables

from jobs import tokens
from jobs.client.cli import exits
from jobs.client.cli.asking import WrongUsage
from jobs.client.cli.output import Output
from jobs.client.cli.parsing import add_dry_run
from jobs.clock import clock
from jobs.conf import conf
from jobs.database import transaction
from jobs.models import Token
from jobs.models.accounts import account, account_names
from jobs.python.refused import refusing

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

VERB = "tokens"
HELP = "list the tokens of REST, make one, rotate or revoke it; 'runat' cannot, for REST has no way to"
WHAT = {
    "list": "list tokens, of all users where none is named",
    "create": "make a token and print it; only its digest is kept: it cannot be shown again",
    "rotate": "make another in the place of one, and print it",
    "revoke": "end one at once",
}
DEFAULT_DAYS = 90
EXAMPLE = "curl -H 'Authorization: Bearer {secret}' {url}/api/v1/tokens/me/"
HERE = "http://127.0.0.1:8000"  # where web is, if nobody has said
COLUMNS = ("name", "prefix", "owner", "last_used_at", "expires_at", "ended", "may", "queues", "targets")
Options = Mapping[str, Any]


def add_words(parser: ArgumentParser) -> None:
    """Add the words behind the verb."""
    several = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    for what, help_text in WHAT.items():
        one = several.add_parser(what, help=help_text, description=f"{help_text[0].upper()}{help_text[1:]}.")
        _WORDS[what](one)
        if what != "list":
            add_dry_run(one)
        one.add_argument("--json", action="store_true", help="print JSON: an object, or one a line for several")


def run(options: Options, by: AbstractBaseUser | None, output: Output) -> int:
    """Do what is asked, and return the exit code. Raises Refused, WrongUsage."""
    with refusing(), _rehearsed(options):
        _DO[options["what"]](options, by, output)
    return exits.DONE


def _list(options: Options, by: AbstractBaseUser | None, output: Output) -> None:
    owner = _user(options["owner"]) if options["owner"] else None
    if owner is None and by is not None and not getattr(by, "is_superuser", False):
        owner = by
    if owner is not None and not tokens.may_change(by, owner):
        raise PermissionDenied("Only a superuser sees tokens of somebody else.")
    found = Token.objects.of(owner) if owner else Token.objects.all()
    output.several((_described(token) for token in found.for_people()), COLUMNS, "There is no token.")


@sensitive_variables()
def _create(options: Options, by: AbstractBaseUser | None, output: Output) -> None:
    asked = tokens.Asked(
        name=options["name"],
        life=_life(options["days"]),
        scopes=options["scope"],
        queues=options["queue"],
        targets=options["target"],
    )
    _show(tokens.make(_user(options["owner"]), asked, by=by, now=clock.current()), options, output)


@sensitive_variables()
def _rotate(options: Options, by: AbstractBaseUser | None, output: Output) -> None:
    token, grace = _token(options), tokens.GRACES[options["grace"]]
    _show(tokens.rotate(token, grace, by=by, now=clock.current()), options, output)


def _revoke(options: Options, by: AbstractBaseUser | None, output: Output) -> None:
    token = _token(options)
    shown, whose = _described(token), f"{token} of '{options['owner']}'"
    tokens.revoke(token, by=by, now=clock.current())
    output.one(shown, [f"{whose} {'would be' if options['dry_run'] else 'is'} revoked."])


@sensitive_variables()
def _show(made: tokens.Made, options: Options, output: Output) -> None:
    """Print a new token, this once; of a rehearsal what it would be."""
    shown = _described(made.token)
    if options["dry_run"]:
        output.one(shown, [f"A token '{made.token.name}' would be made, which may: {', '.join(shown['may'])}."])
        return
    output.one({"token": made.secret, **shown}, [made.secret])
    if not output.as_json and output.out.isatty():  # not where a script reads it
        output.say(
            f"It is shown this once. Try it: {EXAMPLE.format(secret=made.secret, url=conf().public_url or HERE)}"
        )


@contextmanager
def _rehearsed(options: Options) -> Iterator[None]:
    """Take back at once what a dry run has done: no other session has seen it."""
    if not options.get("dry_run"):
        yield
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _described(token: Token) -> dict[str, Any]:
    """Return it as JSON, with what the audit does not keep."""
    moments = {"made_at": token.made_at, "last_used_at": token.last_used_at}
    return {
        **(token.described() or {}),
        "prefix": token.prefix,
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
        "may": list(tokens.scopes_of(token)),
        "ended": token.why_ended(clock.now()),
    }


def _life(days: str) -> timedelta | None:
    most = tokens.longest()
    if not days:
        return min(filter(None, (timedelta(days=DEFAULT_DAYS), most)))
    if days == "forever":
        return None
    try:
        return timedelta(days=float(days))
    except (ValueError, OverflowError):
        raise WrongUsage(f"--days is '{days}'; give a number of days, or forever.") from None


def _token(options: Options) -> Token:
    owner, which = _user(options["owner"]), options["token"]
    found = list(Token.objects.of(owner).called(which).for_people()[:2])
    if len(found) == 1:
        return found[0]
    known = ", ".join(str(token) for token in Token.objects.of(owner).for_people()[:10])
    raise WrongUsage(f"'{owner.get_username()}' has no token '{which}'. There are: {known or 'none yet'}.")


def _user(username: str) -> AbstractBaseUser:
    user: AbstractBaseUser | None = account(username)
    if user is None:
        known = ", ".join(account_names()[:10]) or "none yet"
        raise WrongUsage(f"There is no user '{username}'. Known are: {known}. Make one in the admin.")
    return user


def _list_words(parser: ArgumentParser) -> None:
    parser.add_argument("owner", nargs="?", metavar="USERNAME", help="whose")


def _create_words(parser: ArgumentParser) -> None:
    parser.add_argument("owner", metavar="USERNAME", help="whose token it is: it may do no more than this user")
    parser.add_argument("--name", default="", help="what it is called in lists; once for each user")
    parser.add_argument(
        "--days", default="", help=f"how long it lives: a number, or 'forever'; {DEFAULT_DAYS} where nothing is said"
    )
    parser.add_argument(
        "--scope", action="append", metavar="PERMISSION", help="what it may do (repeat it); all that its user may"
    )
    parser.add_argument("--queue", action="append", help="only jobs of this queue (repeat it); of any")
    parser.add_argument("--target", action="append", help="only jobs of this target (repeat it); of any")


def _one_words(parser: ArgumentParser) -> None:
    parser.add_argument("owner", metavar="USERNAME", help="whose token it is")
    parser.add_argument("token", metavar="TOKEN", help="its name, or its first 15 characters")


def _rotate_words(parser: ArgumentParser) -> None:
    _one_words(parser)
    parser.add_argument("--grace", choices=tokens.GRACES, default="0", help="how long the old one goes on; 0")


_DO: dict[str, Callable[[Options, Any, Output], None]] = {
    "list": _list,
    "create": _create,
    "rotate": _rotate,
    "revoke": _revoke,
}
_WORDS: dict[str, Callable[[ArgumentParser], None]] = {
    "list": _list_words,
    "create": _create_words,
    "rotate": _rotate_words,
    "revoke": _one_words,
}
