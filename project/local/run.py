"""`run`: everything of one machine under one supervisor."""

from project.local.home import LauncherError
from project.local.interrupts import Interrupts


def run(interrupts: Interrupts) -> int:
    """Not yet."""
    raise LauncherError("run is being written")
