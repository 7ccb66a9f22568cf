"""People who come by an OpenID Connect provider. Loaded only where JOBS_OIDC_ISSUER names one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jobs.conf import conf
from jobs.database import transaction
from jobs.rights import said
from jobs.web.appearance.person import WithPreference
from project import noted

log = logging.getLogger("project.account")
GROUPS = "groups"  # the claim


class Backend(WithPreference):
    """Rights of those who have come by the provider. It takes no passwords."""

    def authenticate(self, request: HttpRequest | None, *args: Any, **credentials: Any) -> None:
        return None


class PersonAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Adapter for the person who has come: how that one is logged in, or refused."""

    def login(self, request: HttpRequest, user: Any) -> None:
        user.backend = f"{Backend.__module__}.{Backend.__name__}"
        super().login(request, user)
        noted.logged_in(request, user, f"By {conf().oidc_name}.")

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        name = user.get_username()
        return refused(request, f"The user '{name}' is not active here; an administrator can change that.", name)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: who has logged in sees it."""


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Adapter for the provider, who says who a person is, and of which groups. A user of the same name or address who
    is here already is somebody else, since the provider may let people choose both."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        sociallogin.email_addresses = []  # kept with the user; a second table of them is nobody's
        if sociallogin.is_existing:
            follow(sociallogin.user, claims_of(sociallogin))

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Any:
        user = super().save_user(request, sociallogin, form)
        log.info("%s has come for the first time, by single sign-on", user.get_username())
        follow(user, claims_of(sociallogin))
        return user

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        log.warning("single sign-on failed: %s %r", error, exception)
        sentence = f"{conf().oidc_name} has not said who you are ({error}). Try again; the log of web has more."
        raise ImmediateHttpResponse(refused(request, sentence))


def claims_of(sociallogin: Any) -> Mapping[str, Any]:
    """Return what the provider says: what it tells of the user over what its token has."""
    data = sociallogin.account.extra_data
    return {**(data.get("id_token") or {}), **(data.get("userinfo") or {})}


def follow(user: Any, claims: Mapping[str, Any]) -> None:
    """Put the user into those groups here that the provider names, and out of all others. Nothing happens where it does
    not speak of groups."""
    names = claims.get(GROUPS)
    if not isinstance(names, list):
        return
    with transaction.atomic():
        said.say(None, f"{conf().oidc_name} says so, by which '{user.get_username()}' has come.")
        user.groups.set(Group.objects.filter(name__in=[name for name in names if isinstance(name, str)]))
        if (staff := conf().oidc_staff_group) and user.is_staff != (staff in names):
            user.is_staff = staff in names
            user.save(update_fields=["is_staff"])


def refused(request: HttpRequest, sentence: str, username: str = "") -> HttpResponse:
    """Say why this person is not let in, and note it."""
    noted.login_refused(request, username, sentence)
    return render(request, "account/refused.html", {"refusal": sentence}, status=403)
