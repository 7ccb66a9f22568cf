"""Sizes of bodies: how large one may be, by where it goes."""

from __future__ import annotations

from django.conf import settings

BULK = "/api/v1/jobs/bulk/"  # below wherever our addresses are
LARGEST = 32 * 1024 * 1024  # bytes: a hundred thousand jobs of three hundred


def body_limit(path: str) -> int | None:
    """Return how many bytes a body sent to this path may have; None: any number."""
    usual: int | None = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return None if usual is None else max(usual, LARGEST if path.endswith(BULK) else 0)
