"""Reads until when a certificate is good: X.509 in DER (RFC 5280, 4.1), of which Python reads verified ones alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

SEQUENCE, VERSION = 0x30, 0xA0
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
CENTURY_TURNS = 50  # two digits below are of this century


def good_until(der: bytes) -> datetime:
    """Return the end of its validity. Raises ValueError for what is no certificate."""
    try:
        (_, whole), *_ = _parts(der)
        (_, signed), *_ = _parts(whole)
        fields = [value for kind, value in _parts(signed) if kind != VERSION]
        _, (kind, text) = _parts(fields[3])  # serial number, algorithm, issuer, validity: from, until
        return _time(kind, text.decode("ascii"))
    except (IndexError, ValueError) as error:
        raise ValueError("it is no certificate that can be read") from error


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each element."""
    at = 0
    while at < len(data):
        kind, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > len(data):
            raise ValueError("cut off")
        yield kind, data[at : at + length]
        at += length


def _time(kind: int, text: str) -> datetime:
    if kind == UTC_TIME:
        year = int(text[:2])
        text = f"{2000 + year if year < CENTURY_TURNS else 1900 + year}{text[2:]}"
    elif kind != GENERALIZED_TIME:
        raise ValueError("no time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
