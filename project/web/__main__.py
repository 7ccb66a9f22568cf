"""`python -m project.web`: the web process. `--help` says what it takes."""

from __future__ import annotations

import argparse
import os
import socket
import sys

BACKLOG = 512


def main(words: list[str]) -> None:
    """Serve until SIGTERM or SIGINT."""
    options = options_of(words)
    listener = socket.socket(fileno=options.fd) if options.fd is not None else _listen(options.bind)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    import django  # noqa: PLC0415 - the settings are read here: `--help` needs none

    django.setup()
    from jobs.kept import renew_beside  # noqa: PLC0415
    from project.web import server, sessions  # noqa: PLC0415
    from project.web.door import Door  # noqa: PLC0415

    sessions.bound()
    renew_beside()
    server.allow_open_files()
    server.Server(Door(options.threads)).run(sockets=[listener])


def options_of(words: list[str]) -> argparse.Namespace:
    """Parse the command line. Ends the process with one sentence where it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m project.web", description="RunAt's web interface and REST.")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT", help="default: %(default)s")
    where.add_argument("--fd", type=int, help="a listening socket that was opened for us")
    parser.add_argument(
        "--threads",
        type=int,
        default=8,
        help="requests worked on at a time, each with a database connection; default: %(default)s",
    )
    options = parser.parse_args(words)
    if options.threads < 1:
        parser.error("--threads: give 1 or more")
    return options


def _listen(bind: str) -> socket.socket:
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdigit() or int(port) > 65535:
        sys.exit(f"--bind: {bind!r} is no address; write it like 127.0.0.1:8000 or [::1]:8000")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, int(port)), family=family, backlog=BACKLOG)
    except OSError as error:
        sys.exit(f"--bind: cannot listen at {bind} ({error.strerror}); stop who does, or give another address")


if __name__ == "__main__":
    main(sys.argv[1:])
