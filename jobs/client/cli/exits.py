"""Exit codes. They stand in docs/cli.md, and never change their meaning."""

from __future__ import annotations

DONE = 0
REFUSED = 1
WRONG_USAGE = 2  # argparse's own
ENDED_OTHERWISE = 3  # a job that was waited for has ended, and is not completed
NOT_ENDED = 4  # in the time that was given
NO_ANSWER = 5  # of the installation or of its database
