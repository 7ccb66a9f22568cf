"""Signatures by Standard Webhooks (github.com/standard-webhooks): the receiver knows who calls, and what was sent. Each
receiver has keys of its own, so that none of them can sign for the others."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

import httpcore2

from jobs.conf import conf
from jobs.receivers import Receiver, receiver

PREFIX = "whsec_"
HOW = "write receiver=key, such as hooks.example.com=whsec_..., two keys of one receiver with a space between them"


def signed(origin: httpcore2.Origin, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers to send; none for a receiver without a key. `timestamp`: seconds since the epoch. With several keys
    there is a signature by each, so that the receiver can change to a new one at its own time."""
    keys = keys_of(origin.host.decode("ascii"), origin.port)
    if not keys:
        return {}
    return {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": " ".join(_signatures(keys, f"{message_id}.{timestamp}.".encode() + body)),
    }


def keys_of(host: str, port: int) -> Sequence[bytes]:
    """The keys of this receiver: those of the entry that names it most exactly."""
    named = [(who, keys) for who, keys in _read(tuple(conf().http_signing_keys)) if who.names(host, port)]
    return max(named, key=lambda one: one[0].rank)[1] if named else ()


def _signatures(keys: Sequence[bytes], content: bytes) -> list[str]:
    return [f"v1,{base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}" for key in keys]


@lru_cache(maxsize=8)
def _read(entries: tuple[str, ...]) -> Sequence[tuple[Receiver, Sequence[bytes]]]:
    return [entry(text) for text in entries]


def entry(text: str) -> tuple[Receiver, Sequence[bytes]]:
    """A receiver and its keys, from `hooks.example.com=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`. Raises ValueError,
    whose text never has a part of a key."""
    who, _, keys = text.partition("=")
    if not keys.strip("= ") or who.startswith(PREFIX):
        raise ValueError(f"it names no receiver, or no key; {HOW}")
    try:
        named = receiver(who.strip())
    except ValueError:
        raise ValueError(f"what stands before its first '=' is no host and no address; {HOW}") from None
    return named, [_decoded(key) for key in keys.split()]


def _decoded(key: str) -> bytes:
    """The bytes of a key. Base64 without its padding is as good: the libraries of Standard Webhooks pad it."""
    text = key.removeprefix(PREFIX).rstrip("=")
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        found = b""
    if not 24 <= len(found) <= 64:
        raise ValueError("a key is 'whsec_' and 24 to 64 bytes in base64")
    return found
