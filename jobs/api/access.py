"""Who may do what: bearer tokens, sessions, and a sentence for those who may not."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

HOW_TO_GET_A_TOKEN = (
    "Send the header 'Authorization: Bearer TOKEN'; an administrator makes a token with "  # noqa: S105 - a sentence
    "'python manage.py api_token USERNAME'."
)


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]  # knox has no types
    """Knox's tokens; what cannot be one is refused before it reaches the database."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not re.fullmatch(rb"[A-Za-z0-9_-]+", token):
            raise AuthenticationFailed("Invalid token.")
        return super().authenticate_credentials(token)


class BearerScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]  # registers itself, untyped
    """How the schema describes it."""

    target_class = "jobs.api.access.BearerAuthentication"
    name = "bearer"


class HoldsPermission(BasePermission):
    """The user holds the permission that `view.needs` names for the method."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        permission = getattr(view, "needs", {}).get("GET" if request.method == "HEAD" else request.method)
        if permission is None or request.user.has_perm(permission):
            return True
        raise PermissionDenied(why_refused(request.user.get_username(), permission))


def why_refused(username: str, permission: str) -> str:
    """The sentence for a user without the permission: what is missing, and who can give it."""
    return (
        f"This needs the permission '{permission}', which the user '{username}' does not have. "
        "An administrator can give it in the admin under Users."
    )
