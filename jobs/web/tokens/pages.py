"""The page /tokens/: one's own tokens, for superusers those of anybody. A new one is shown in the answer to the request
that made it, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from jobs import tokens
from jobs.clock import clock
from jobs.models import Token
from jobs.models.accounts import account, account_names
from jobs.web.lists import ListPage
from jobs.web.refused import refuse
from jobs.web.tokens.form import TokenForm

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, User

MOST_OWNERS = 1000  # to choose from
GRACES = (("0", "ends at once"), ("1h", "goes on for an hour"), ("1d", "goes on for a day"))

LIST = ListPage(
    "tokens",
    {
        "id": lambda row: row["token"].pk,
        "name": lambda row: row["token"].name,
        "begins_with": lambda row: row["token"].prefix,
        "ended": lambda row: row["why_ended"] or None,
        "may": lambda row: row["may"],
        "queues": lambda row: row["token"].queues,
        "targets": lambda row: row["token"].targets,
        "made": lambda row: row["token"].made_at,
        "last_used": lambda row: row["token"].last_used_at,
        "expires": lambda row: row["token"].expires_at,
    },
)

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """A page of tokens: for those who are logged in, and kept by no cache."""

    @wraps(view)
    @never_cache  # no-store among others
    @login_required
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except PermissionDenied as refusal:
            return refuse(request, str(refusal))

    return shown


@page
@require_http_methods(["GET", "HEAD", "POST"])
@LIST
@sensitive_variables()
def token_list(request: HttpRequest) -> HttpResponse:
    """The list, and the form for a new one."""
    person, owner = _person(request), _owner(request)
    if request.method != "POST":
        return _listed(request, owner, TokenForm(owner=owner))
    form = TokenForm(request.POST, owner=owner)
    if form.is_valid():
        try:
            made = tokens.make(owner, form.asked, by=person, now=clock.current())
        except ValidationError as error:
            for name, problems in error.message_dict.items():
                form.add_error(name if name in form.fields else None, problems)
        else:
            return _once(request, made, "made")
    return _listed(request, owner, form, status=400)


@page
@require_POST
@sensitive_variables()
def rotate_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Make another in its place."""
    token, grace = _token(request, token_id), tokens.GRACES.get(request.POST.get("grace", ""))
    if grace is None:
        raise Http404("There is no such grace time.")
    try:
        made = tokens.rotate(token, grace, by=_person(request), now=clock.current())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _back(token)
    return _once(request, made, "rotated")


@page
@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """End it."""
    token = _token(request, token_id)
    tokens.revoke(token, by=_person(request), now=clock.current())
    messages.success(request, f"{token} is revoked: it opens nothing any more.")
    return _back(token)


def _person(request: HttpRequest) -> User:
    return cast("User", request.user)


def _owner(request: HttpRequest) -> AbstractBaseUser:
    """Return whose tokens are asked for. Raises PermissionDenied for those of others, Http404."""
    person, username = _person(request), request.GET.get("owner") or request.user.get_username()
    if username == person.get_username():
        return person
    if not person.is_superuser:
        raise PermissionDenied("Only a superuser sees and makes tokens of somebody else.")
    owner: AbstractBaseUser | None = account(username)
    if owner is None:
        raise Http404("There is no such user.")
    return owner


def _token(request: HttpRequest, token_id: int) -> Token:
    """Return the token; to others than its owner and superusers there is none."""
    found = Token.objects.for_people().filter(pk=token_id).first()
    if found is None or not tokens.may_change(_person(request), found.owner):
        raise Http404("There is no such token; perhaps it was revoked.")
    return found


def _listed(request: HttpRequest, owner: Any, form: TokenForm, status: int = 200) -> HttpResponse:
    now = clock.current()
    owners = []
    if _person(request).is_superuser:
        owners = list(account_names()[:MOST_OWNERS])
    rows = [
        {"token": token, "may": tokens.scopes_of(token), "why_ended": token.why_ended(now)}
        for token in Token.objects.of(owner).for_people()
    ]
    known = {"rows": rows, "form": form, "owner": owner, "owners": owners, "graces": GRACES, "now": now}
    return LIST.show(request, "jobs/tokens/list.html", known, lambda: rows, status=status)


@sensitive_variables()
def _once(request: HttpRequest, made: tokens.Made, what: str) -> HttpResponse:
    """Return the page that shows the secret: an answer to a POST, so that no address leads to it again."""
    example = f"curl -H 'Authorization: Bearer {made.secret}' {request.build_absolute_uri(reverse('api-token-me'))}"
    known = {"made": made, "what": what, "example": example, "back": _address(made.token)}
    return render(request, "jobs/tokens/made.html", known)


def _address(token: Token) -> str:
    return f"{reverse('tokens')}?{urlencode({'owner': token.owner.get_username()})}"


def _back(token: Token) -> HttpResponse:
    return redirect(_address(token))
