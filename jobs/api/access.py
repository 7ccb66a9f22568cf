"""Permissions of REST: who may do what, and a sentence for those who may not."""

from __future__ import annotations

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from jobs.permissions import why_refused

HOW_TO_GET_A_TOKEN = (
    "Send the header 'Authorization: Bearer TOKEN'; an administrator makes a token with "  # noqa: S105 - a sentence
    "'python manage.py api_token USERNAME'."
)


class HasPermission(BasePermission):
    """The user holds the permission that `view.needs` names for the method."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        permission = getattr(view, "needs", {}).get("GET" if request.method == "HEAD" else request.method)
        if permission is None or request.user.has_perm(permission):
            return True
        raise PermissionDenied(why_refused(request.user.get_username(), permission))
