"""EMAIL_URL, as Django wants it."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from jobs.secrets.hidden import Secret

SMTP = {"smtp": 25, "smtp+tls": 587, "smtps": 465}  # schemes, with the ports that are theirs
EXAMPLE = "smtp+tls://user:password@mail.example.com:587"
PATIENCE_S = 10


def parse(url: str) -> dict[str, Any]:
    """Return Django's settings for this address; for an empty one those by which no mail is sent. Raises ValueError."""
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    wrong = f"EMAIL_URL is no address of a mail server; write it like {EXAMPLE} (smtps:// for TLS from the first byte)."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(wrong) from None
    if parts.scheme == "file" and parts.path:  # to try it out
        return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": parts.path}
    if parts.scheme not in SMTP or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(wrong)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or SMTP[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": Secret(unquote(parts.password or "")),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": PATIENCE_S,
    }
