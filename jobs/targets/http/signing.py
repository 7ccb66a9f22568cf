"""Signatures by Standard Webhooks (github.com/standard-webhooks): the receiver knows who calls, and what was sent."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from django.conf import settings

PREFIX = "whsec_"


def signed(message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers to send; none without a key. `timestamp`: seconds since the epoch. With several keys there is a
    signature by each, so that receivers can change to a new one at their own time."""
    keys = [decoded(key) for key in settings.JOBS_HTTP_SIGNING_KEYS]
    if not keys:
        return {}
    return {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": " ".join(_signatures(keys, f"{message_id}.{timestamp}.".encode() + body)),
    }


def _signatures(keys: Sequence[bytes], content: bytes) -> list[str]:
    return [f"v1,{base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}" for key in keys]


def decoded(key: str) -> bytes:
    """The bytes of a key such as whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw. Raises ValueError."""
    try:
        found = base64.b64decode(key.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        found = b""
    if not 24 <= len(found) <= 64:
        raise ValueError("a key of JOBS_HTTP_SIGNING_KEYS is 'whsec_' and 24 to 64 bytes in base64")
    return found
