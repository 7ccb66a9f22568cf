"""Sizes of bodies: how large one may be, by where it goes."""

from __future__ import annotations

from django.conf import settings

BULK, IMPORT = "/api/v1/jobs/bulk/", "/jobs/import/"  # below wherever our addresses are
LARGEST = 32 * 1024 * 1024  # bytes: a hundred thousand jobs of three hundred
FORM = 64 * 1024  # bytes around a file in a form


def body_limit(path: str) -> int | None:
    """Return how many bytes a body sent to this path may have; None: any number."""
    usual: int | None = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if usual is None:
        return None
    if path.endswith(IMPORT):
        return max(usual, LARGEST + FORM)
    return max(usual, LARGEST if path.endswith(BULK) else 0)
