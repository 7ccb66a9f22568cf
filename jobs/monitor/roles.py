"""The page `/roles/`: what each role may do, which ones the person has, and the teams that the person is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.rights import reach_of
from jobs.roles import ROLES

if TYPE_CHECKING:
    from django.contrib.auth.models import PermissionsMixin


@require_safe
@login_required
def roles(request: HttpRequest) -> HttpResponse:
    """Show it to whoever has an account: who is refused something finds here who can help."""
    user = cast("PermissionsMixin", request.user)
    held = user.get_all_permissions()
    rows: list[dict[str, Any]] = [{"role": role, "has": role.full <= held} for role in ROLES]
    context = {"rows": rows, "reach": reach_of(request.user), "is_superuser": user.is_superuser}
    return render(request, "jobs/monitor/roles.html", context)
