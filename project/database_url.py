"""DATABASE_URL, as Django wants it: one host, or several of which the one that can be written to is used."""

from __future__ import annotations

import re
import shlex
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import environ

from jobs.postgresql.session import CHOSEN

PORT = "5432"
WRITES = ("read-write", "primary")
# A host that is gone must not be waited for: seconds, but the last one, in ms. DATABASE_URL may say otherwise.
PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
HOST = re.compile(r"(\[[0-9a-fA-F:.%]+\]|[^\[\]:]*)(?::(\d*))?")
OPTION = re.compile(r"(?:-c\s*|--)([A-Za-z_.-]+)=(.*)", re.DOTALL)


def parse(url: str) -> dict[str, Any]:
    """Return the settings of the connection. Raises ValueError, whose sentence says what is wrong with the URL."""
    parts = urlsplit(url)
    user, at, where = parts.netloc.rpartition("@")
    hosts = [_host(text) for text in unquote(where).split(",")] if "," in unquote(where) else []
    if hosts:
        parts = parts._replace(netloc=f"{user}{at}host")
    settings: dict[str, Any] = environ.Env.db_url_config(urlunsplit(parts))
    options = dict(settings.get("OPTIONS", {}))
    if hosts:
        settings["HOST"] = ",".join(host for host, _ in hosts)
        settings["PORT"] = ",".join(port for _, port in hosts)
        options.setdefault("target_session_attrs", "read-write")
    if options.get("target_session_attrs", "any") not in ("any", *WRITES):
        raise ValueError(
            f"target_session_attrs={options['target_session_attrs']}: jobs are started by writing, so it can only be "
            "read-write"
        )
    settings["SESSION"] = _chosen(str(options.pop("options", "")))
    settings["OPTIONS"] = PATIENCE | options
    return settings


def _host(text: str) -> tuple[str, str]:
    """The host and its port. libpq wants one for each host, and an IPv6 address without its brackets."""
    found = HOST.fullmatch(text)
    if found is None or not found[1] or (found[2] and not 0 < int(found[2]) < 65536):
        raise ValueError(f"'{text}' is neither HOST nor HOST:PORT")
    return found[1].strip("[]"), found[2] or PORT


def _chosen(options: str) -> dict[str, str]:
    """The settings of a session that the URL names, as libpq's `options` has them."""
    words = shlex.split(options)
    chosen: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if word == "-c" and words:
            word += words.pop(0)
        found = OPTION.fullmatch(word)
        name = found[1].replace("-", "_") if found else ""
        if found is None or name not in CHOSEN:
            raise ValueError(f"options may set {', '.join(CHOSEN)}, each as -c NAME=VALUE, not {word!r}")
        chosen[name] = found[2]
    return chosen
