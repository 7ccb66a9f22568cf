"""Guards a program of a job: runs it, and sees to it that nothing of it outlives the job or its worker.

Run as a file by jobs/targets/command/process.py: `guard.py ORDER`, the descriptor of a file with JSON. A process of its
own, because a `preexec_fn` runs Python between fork and exec, unsafe beside threads, and because the signal that Linux
sends at a parent's death goes to one process only, and already when the thread ends that has started it.

On its standard input it hears from the worker: a byte asks it to stop the program, the end says that the worker is
gone. On its standard output it says, once all is over, what became of it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from typing import Any

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
CONTROL, REPORT = 0, 1
LOOK = 1.0  # seconds between two looks whether the worker lives
LAST = 2.0  # seconds in which what was killed must be gone
LIMITS = {
    "memory_mb": (resource.RLIMIT_AS, 1024 * 1024),
    "cpu_seconds": (resource.RLIMIT_CPU, 1),
    "files": (resource.RLIMIT_NOFILE, 1),
}


def main(order: dict[str, Any]) -> None:
    """Run the program once the worker says so, and report its end when nothing of its group is left."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)  # what its children leave behind is reaped here
    for name in ("go", "input", "output"):
        os.set_inheritable(order[name], False)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    trouble, say = os.pipe()
    guard = os.getpid()
    child = os.fork()
    if child == 0:
        _become(order, guard, say)
    with contextlib.suppress(OSError):  # both do it: whoever comes first
        os.setpgid(child, child)
    for fd in (say, order["go"], order["input"], order["output"]):
        os.close(fd)
    found = _watch(child, woken, order)
    with os.fdopen(trouble) as why:
        found["trouble"] = why.read()
    os.write(REPORT, json.dumps(found).encode())


def _become(order: dict[str, Any], guard: int, say: int) -> None:
    """Become the program when its time has come; everything else is done before."""
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if order["user"] is not None:
            name, uid, gid = order["user"]
            if os.geteuid() == 0:
                os.initgroups(name, gid)
                os.setgid(gid)
            os.setuid(uid)
        os.chdir(order["folder"])
        # After the change of user: the kernel forgets the request whenever credentials change.
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guard or not os.read(order["go"], 1):
            os._exit(0)
        for source, target in (("input", 0), ("output", 1), ("output", 2)):
            os.dup2(order[source], target)
        for name, value in order["limits"].items():
            kind, unit = LIMITS[name]
            hard = resource.getrlimit(kind)[1]
            wanted = value * unit if hard == resource.RLIM_INFINITY else min(value * unit, hard)
            # A second after it is told that its time of the processor is over, it is killed.
            most = wanted + 1 if kind == resource.RLIMIT_CPU and hard == resource.RLIM_INFINITY else wanted
            resource.setrlimit(kind, (wanted, most))
        os.execve(order["program"], [order["program"], *order["arguments"]], order["environment"])  # noqa: S606 - a list, no shell
    except (OSError, ValueError) as error:
        os.write(say, (getattr(error, "strerror", None) or str(error)).encode())
    finally:
        os._exit(127)


def _watch(child: int, woken: int, order: dict[str, Any]) -> dict[str, Any]:
    """Wait for the program's end, and see to it when it is asked for."""
    status, stopped, kill_at = None, False, None
    poll = select.poll()
    poll.register(CONTROL, select.POLLIN)
    poll.register(woken, select.POLLIN)
    while True:
        status = _reaped(child, status)
        if status is not None and (kill_at is None or not _signal(child, 0)):
            break
        now = time.monotonic()
        if kill_at is not None and now >= kill_at:
            break
        wait = LOOK if kill_at is None else min(LOOK, kill_at - now)
        ready = {fd for fd, _ in poll.poll(int(wait * 1000) + 1)}
        if woken in ready:
            os.read(woken, 4096)
        gone = os.getppid() != order["parent"]
        if CONTROL in ready and not gone:
            gone = not os.read(CONTROL, 4096)
        if gone:
            break
        if CONTROL in ready and not stopped:
            stopped, kill_at = True, time.monotonic() + order["grace"]
            _signal(child, signal.SIGTERM)
    until = time.monotonic() + LAST
    while _signal(child, signal.SIGKILL) and time.monotonic() < until:
        status = _reaped(child, status)
        time.sleep(0.002)
    if status is None:
        status = _reaped(child, status)
    return {"status": status, "stopped": stopped}


def _reaped(child: int, status: int | None) -> int | None:
    """Reap what has ended; the status of the program, once it is one of them."""
    while True:
        try:
            pid, found = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if pid == 0:
            return status
        if pid == child:
            status = found


def _signal(group: int, number: int) -> bool:
    """Send the group a signal; False where nobody is left in it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # there is somebody, whom we may not signal
        return True
    return True


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1])) as file:
        asked = json.load(file)
    main(asked)
