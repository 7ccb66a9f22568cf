"""Exceptions by which views refuse what they cannot do. jobs/api/problems.py answers them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from rest_framework import exceptions

MOST_SAID = 10  # mistakes of a bulk request in its `detail`


class BodyTooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"The body has {size} bytes; the limit is {limit}. Send less at once.")


class LengthRequired(exceptions.APIException):
    """WSGI hands us no body of unknown length: it would look empty."""

    status_code = HTTPStatus.LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = "The body came in chunks; send it whole, with the header Content-Length."


class JobsRefused(Exception):
    """Jobs of a bulk request are wrong, so none was created. After `most` wrong ones nobody has looked further."""

    def __init__(self, errors: list[dict[str, str]], *, wrong: int, total: int, most: int) -> None:
        of = f"More than {most:,}" if wrong > most else f"{wrong:,} of {total:,}"
        first = " ".join(f"{error['field']}: {error['message']}" for error in errors[:MOST_SAID])
        super().__init__(f"{of} jobs are wrong; none was created. {first}")
        self.errors, self.wrong = errors, wrong


class Conflict(exceptions.APIException):
    """The job is not in a state in which this can be done."""

    status_code = HTTPStatus.CONFLICT
    default_code = "conflict"


class PreconditionFailed(exceptions.APIException):
    """Refusal of a change of another version than the caller has seen. `etag`: of what it is by now; `current`: what
    the fields that he gave are by now; `changes`: what was asked of it since, the latest first."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_code = "precondition_failed"

    def __init__(self, why: str, *, etag: str, current: Any, changes: list[Any] | None = None) -> None:
        super().__init__(why)
        self.more = {"etag": etag, "current": current} | ({} if changes is None else {"changes": changes})


class PreconditionRequired(exceptions.APIException):
    """Refusal of a change that would go over what the caller may not have seen."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_code = "precondition_required"

    def __init__(self, address: str) -> None:
        super().__init__(
            f'Say which version you have seen: send the header If-Match with the ETag of GET {address}, or "*" to '
            "change it whatever it is by now."
        )
