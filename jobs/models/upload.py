"""Files that people have uploaded to create jobs of, between the look at them and the word to create."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

KEPT_FOR = 3600.0  # seconds: who looks at a file that long uploads it again
LONGEST_NAME = 200  # characters of a file's
DIGEST = 64  # hexadecimal digits


class UploadQuerySet(models.QuerySet["Upload"]):
    def of(self, owner: Any, now: datetime) -> UploadQuerySet:
        """Select those of this user that are kept still."""
        return self.filter(owner=owner, ends_at__gt=now)

    def without_content(self) -> UploadQuerySet:
        """Select without the file, which may have many megabytes; it is read when it is asked for."""
        return self.defer("content")


class Upload(models.Model):
    """A row of `jobs_upload`: a file, compressed, with what was found in it. It is deleted when its jobs are created,
    and at `ends_at`."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, editable=False, related_name="+", db_constraint=False
    )
    name = models.CharField(max_length=LONGEST_NAME)
    content = models.BinaryField()
    digest = models.CharField(max_length=DIGEST)  # of the content and its zone
    zone = models.CharField(max_length=100)  # of times that name none
    ends_at = models.DateTimeField()
    # What was found: how many rows, how many of them are wrong, and the mistakes, each [line, column, sentence].
    total = models.IntegerField()
    wrong = models.IntegerField()
    found = models.JSONField()

    objects = UploadQuerySet.as_manager()

    class Meta:
        default_permissions = ()  # each has his own
        indexes = [models.Index(fields=["ends_at"], name="jobs_upload_ends_at")]
        constraints = [
            models.UniqueConstraint(fields=["owner", "digest"], name="jobs_upload_once"),
            models.CheckConstraint(condition=Q(wrong__gte=0, wrong__lte=F("total")), name="jobs_upload_counts"),
        ]

    def __str__(self) -> str:
        return self.name
