"""Permissions of REST: who may do what, and a sentence for those who may not."""

from __future__ import annotations

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from jobs.permissions import why_refused

HOW_TO_GET_A_TOKEN = (
    "Send the header 'Authorization: Bearer TOKEN'; you make a token on the page /tokens/, an administrator by "  # noqa: S105 - a sentence
    "'python manage.py jobs tokens create USERNAME'."
)


class HasPermission(BasePermission):
    """The user holds the permission that `view.needs` names for the method, or one of several: the first lets him do
    it with what is in his reach, another with what is his own, as the view says."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        named = getattr(view, "needs", {}).get("GET" if request.method == "HEAD" else request.method)
        permissions = (named,) if isinstance(named, str) else named or ()
        if not permissions or any(request.user.has_perm(permission) for permission in permissions):
            return True
        raise PermissionDenied(why_refused(request.user, permissions[0]))
