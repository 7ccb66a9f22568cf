"""Keeps a file that somebody looks at before its jobs are created, and forgets it when they are, or when its time has
come."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from jobs.cells import digest_of
from jobs.models import Upload
from jobs.models.old_rows import delete_before
from jobs.models.upload import KEPT_FOR, LONGEST_NAME

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MOST = 5  # files of one person; the oldest makes way
AT_A_TIME = 100


class Found(NamedTuple):
    """Summary of what was found in a file: its rows, how many of them are wrong, and the mistakes, each [line, column,
    sentence]; `first`: the number of the first good one, from 0; `passed_by`, `sheets`: columns and sheets that were
    not looked at."""

    total: int
    wrong: int
    first: int | None
    mistakes: list[tuple[int, str, str]]
    passed_by: list[str]
    sheets: list[str]


def keep(name: str, content: bytes, zone: str, found: Found, *, by: AbstractBaseUser, now: datetime) -> Upload:
    """Keep the file for an hour; one that is kept already is looked at anew. Files whose time has come go first."""
    delete_before("uploads", now, limit=AT_A_TIME)
    names = ("mistakes", "first", "passed_by", "sheets")
    said: dict[str, Any] = {name: getattr(found, name) for name in names}
    upload, _ = Upload.objects.update_or_create(
        owner_id=by.pk,
        digest=digest_of(content, zone),
        defaults={
            "name": name.replace("\0", "")[:LONGEST_NAME],
            "content": zlib.compress(content, 1),
            "zone": zone,
            "ends_at": now + timedelta(seconds=KEPT_FOR),
            "total": found.total,
            "wrong": found.wrong,
            "found": said,
        },
    )
    newest = Upload.objects.of(by, now).order_by("-ends_at", "-id").values_list("pk", flat=True)[:MOST]
    Upload.objects.filter(owner_id=by.pk).exclude(pk__in=list(newest)).delete()
    return upload


def forget(upload: Upload) -> None:
    """Delete the file: its jobs are there, or nobody wants them."""
    Upload.objects.filter(pk=upload.pk).delete()


def content_of(upload: Upload) -> bytes:
    """Return the file as it was uploaded."""
    return zlib.decompress(upload.content)
