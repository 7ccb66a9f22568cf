"""Becomes another program, tied to the life of the process that started it.

Run as a file, by `process.tied()`: `child.py PARENT DEATH_SIGNAL UID GID COMMAND...`; UID -1 keeps the user.
A program of its own because a `preexec_fn` runs Python between fork and exec, unsafe beside threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
NOT_FOUND = 127  # what a shell answers for a command it cannot start


def main(arguments: list[str]) -> None:
    """Drop to the given user, ask for the signal, become the command; exits with 127 when it cannot start."""
    parent, death_signal, uid, gid = (int(word) for word in arguments[:4])
    command = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of user: the kernel forgets the request whenever credentials change.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # it died before the request was made: nobody would ever send the signal
        sys.exit(1)
    # Python ignores SIGPIPE, a background shell SIGINT, and exec() would hand both on.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # noqa: S606 - a list, no shell
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.exit(NOT_FOUND)


if __name__ == "__main__":
    main(sys.argv[1:])
