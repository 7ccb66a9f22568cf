"""Tells where bodies are in their code, for a person who asks: places and lines of code, and no value of a variable."""

from __future__ import annotations

import asyncio
import linecache
import re
import sys
from collections.abc import Collection, Iterator
from types import FrameType
from typing import Any

from jobs.masking import masked
from jobs.targets.raised import OURS
from jobs.worker.run import current, running

MOST_JOBS = 50
MOST_FRAMES = 40  # of a body, the innermost
LONGEST = 160  # characters of a line of code
READ = 2_000  # of it that are looked at: it is done in the process in which jobs start
ENTERS = current.Body.enter.__code__  # what calls every body
QUOTED = re.compile(r"""("{3}|'{3}).*?\1|("{3}|'{3}).*|(["'])(?:\\.|(?!\3)[^\\])*\3|["'].*""")
HIDDEN = "'…'"
WAITS = asyncio.BaseEventLoop.run_until_complete.__code__
CALLS = {WAITS, asyncio.Runner.run.__code__}  # coroutines


def of(job_ids: Collection[int]) -> dict[str, Any]:
    """Return by job where its body is: `frames` are [module, function, line, code], the innermost last, `left_out` how
    many there are before them; no frame where the body was not entered yet, or has just ended. A job that is not here
    is left out. From any thread."""
    now = sys._current_frames()
    found = {}
    for job_id in list(job_ids)[:MOST_JOBS]:
        here = running.here(job_id)
        frame = now.get(here.thread) if here is not None else None
        if here is not None and frame is not None:
            frames = _of_body(frame)
            clean = here.context.execution.clean
            shown = [_place(one, clean) for one in frames[-MOST_FRAMES:]]
            found[str(job_id)] = {
                "attempt": here.context.attempt,
                "frames": shown,
                "left_out": len(frames) - len(shown),
            }
    return found


def _of_body(innermost: FrameType) -> list[tuple[FrameType, int]]:
    """Return the frames of the body with their lines, the innermost last, without what calls every body."""
    frames: list[tuple[FrameType, int]] = []
    entered = False
    frame: FrameType | None = innermost
    while frame is not None:
        if frame.f_code is ENTERS:
            entered = True
            break
        if frame.f_code is WAITS and (suspended := list(_awaited(frame.f_locals.get("future")))):
            frames = suspended[::-1]  # what the loop does meanwhile says nothing
        frames.append((frame, frame.f_lineno))
        frame = frame.f_back
    if not entered:
        return []
    return [one for one in reversed(frames) if one[0].f_code not in CALLS and not _is_ours(one[0])]


def _awaited(task: object) -> Iterator[tuple[FrameType, int]]:
    """Yield the frames of a task that waits, the outermost first; none of one that runs at this moment."""
    coroutine: Any = task.get_coro() if isinstance(task, asyncio.Task) else None
    if getattr(coroutine, "cr_running", True):
        return
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is None:
            return
        yield frame, frame.f_lineno
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)


def _is_ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(OURS)


def without_texts(code: str) -> str:
    """Return a line of code without the texts in it, which may be data: a password, somebody's name. What is behind a
    quotation mark that is open at its end goes, too."""
    return QUOTED.sub(HIDDEN, code[:READ])


def _place(one: tuple[FrameType, int], clean: Any) -> list[Any]:
    frame, line = one
    code = without_texts(linecache.getline(frame.f_code.co_filename, line, frame.f_globals).strip())
    module = str(frame.f_globals.get("__name__", "?"))
    return [module[:LONGEST], frame.f_code.co_qualname[:LONGEST], line, masked(clean(code))[:LONGEST]]
