"""Errors, told to people: their own words, and the way through the code by which they came."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

LONGEST_STORY = 8_000  # characters

JOBS = Path(__file__).resolve().parent.parent
# What calls targets is no part of a job's story. A target of ours is: `demo.fail` shows what a failure looks like.
CALLERS = ("calls.py", "context.py", "entries.py", "django_tasks.py")
OURS = (f"{JOBS / 'worker'}", f"{JOBS / 'tasks_backend'}", *(f"{JOBS / 'targets' / name}" for name in CALLERS))
LIBRARIES = tuple({path for name, path in sysconfig.get_paths().items() if name.endswith("lib") or name == "stdlib"})


def said(error: BaseException) -> str:
    """Return the error's own words, where it has any that can be read."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an error whose text raises
        return "its text cannot be read"


def named(error: BaseException) -> str:
    """Return the error's class and its words."""
    return f"{type(error).__name__}: {said(error)}"


def place(error: BaseException) -> str:
    """Return where it was raised, as module:function: the last frame of the target's own code, or of whatever there is
    where none is; empty where nothing else is left. Not by its file: that lies elsewhere on other hosts."""
    found = ""
    own = False
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if not code.co_filename.startswith(OURS):
            is_own = not code.co_filename.startswith((*LIBRARIES, "<frozen"))
            if is_own or not own:
                found = f"{step.tb_frame.f_globals.get('__name__', '?')}:{code.co_qualname}"
            own = own or is_own
        step = step.tb_next
    return found


def story(error: BaseException, clean: Callable[[str], str]) -> str:
    """Return the traceback, and those of what led to it, without the frames that call every target, its text as `clean`
    leaves it; empty where nothing else is left. One that is too long loses first the frames of libraries, then its
    middle. Never raises.
    """
    try:
        trace = traceback.TracebackException.from_exception(error, compact=True)
        if not sum([_keep(one, lambda frame: not _is_ours(frame)) for one in _chain(trace)]):
            return ""
        text = clean("".join(trace.format()))
        if len(text) > LONGEST_STORY:
            for one in _chain(trace):
                _keep(one, lambda frame: not frame.filename.startswith(LIBRARIES))
            text = clean("".join(trace.format()))
    except Exception as failure:  # noqa: BLE001 - an error may be made so that nobody can tell of it
        return f"Its traceback cannot be told ({type(failure).__name__})."
    if len(text) > LONGEST_STORY:
        half = LONGEST_STORY // 2
        text = f"{text[:half]}\n... {len(text) - 2 * half:,} characters are cut here ...\n{text[-half:]}"
    return text.rstrip()


def _chain(trace: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    """Yield the traceback, its causes, and what it is a group of."""
    waiting = [trace]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += [other for other in (one.__cause__, one.__context__, *(one.exceptions or ())) if other is not None]


def _keep(trace: traceback.TracebackException, wanted: Callable[[traceback.FrameSummary], bool]) -> int:
    """Leave out the other frames. How many are left."""
    trace.stack = traceback.StackSummary.from_list([frame for frame in trace.stack if wanted(frame)])
    return len(trace.stack)


def _is_ours(frame: traceback.FrameSummary) -> bool:
    return frame.filename.startswith(OURS)
