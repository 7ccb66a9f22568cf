"""Addresses of our pages: below the path under which a project has included jobs/urls.py."""

from __future__ import annotations

from django.urls import reverse

ADMIN = "/admin/"


def here(path: str) -> str:
    """Return the address of this page of ours, `/jobs/7/`, as it is reached in this project."""
    if path.startswith(ADMIN):
        return reverse("admin:index") + path.removeprefix(ADMIN)
    return reverse("monitor").rstrip("/") + path
