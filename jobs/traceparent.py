"""Traces of those who create jobs: `traceparent`, as the W3C's Trace Context writes it in a header, and the table."""

from __future__ import annotations

import re
from hashlib import blake2b

# Of version 00. Ids of zeros only are none.
PATTERN = r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$"
EXAMPLE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_GOOD = re.compile(PATTERN.strip("^$"))
_ANY_VERSION = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


def read(header: str | None) -> str | None:
    """Return what a request's header says, as version 00 writes it; None where there is none, or it cannot be read.
    That is no error, as the standard wants it: it costs a caller his trace, and not his job."""
    found = _ANY_VERSION.fullmatch((header or "").strip())
    if found is None or (found[1] == "00" and found[5]):
        return None
    value = f"00-{found[2]}-{found[3]}-{found[4]}"
    return value if _GOOD.fullmatch(value) else None


def problems(value: str | None) -> list[str]:
    """Return what is wrong with one that a program gives."""
    if value is None or _GOOD.fullmatch(value):
        return []
    return [f"A traceparent is written like {EXAMPLE}; leave it out for none."]


def trace_id_of(value: str) -> str:
    """Return the trace of a good one, 32 hexadecimal digits."""
    return value[3:35]


_key: bytes | None = None  # by which the spans of this installation's attempts are numbered; None: they have none


def number_by(secret: str) -> None:
    """Have attempts spans from now on, numbered by this secret, which all processes share."""
    global _key  # noqa: PLW0603 - one installation a process
    _key = blake2b(secret.encode(), person=b"runat traces").digest()


def is_on() -> bool:
    """Return whether attempts have spans."""
    return _key is not None


def of_attempt(job_id: int, attempt: int) -> str | None:
    """Return the trace and the span of this attempt; None where they have none. The same in each process: the worker
    that sends a request with it, its parent that draws the span, and whoever writes a line about it."""
    if _key is None:
        return None
    ids = blake2b(f"{job_id}/{attempt}".encode(), digest_size=24, key=_key).hexdigest()
    return f"00-{ids[:32]}-{ids[32:]}-01"
