"""Answer to a request, and what it means: the outcome is judged by what was read, however reading ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore2

from jobs import exactjson
from jobs.targets.context import OutcomeUnknown, TargetFailed
from jobs.targets.execution import Execution
from jobs.targets.http.request import MISSING, HttpRequest

KEPT = 8192  # bytes of an answer that are kept with the attempt
READ = 1_048_576  # bytes that are read, so that its connection can be used again; beyond, it is closed
STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r?\n")
END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
SHOWN = 100  # characters of a value in a sentence


@dataclass
class Answer:
    """Answer as far as it was read. `status` is None before it; `cut` says why it is not whole, empty for one that is;
    `whole` is False too for one that was longer than we read.
    """

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""
    length: int = 0
    whole: bool = False
    cut: str = ""

    def read(self, response: httpcore2.Response, most: int) -> None:
        """Read the answer, and keep so many bytes of its body. Raises what the connection raises."""
        self.status = response.status
        for name, value in response.headers:
            self.headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
        for chunk in response.iter_stream():
            self.length += len(chunk)
            self.body += chunk[: most - len(self.body)]
            if self.length > READ:
                return
        self.whole = True

    def stopped(self, why: str, head: bytes) -> None:
        """Reading has stopped. The status may be there although the rest of the head was not understood."""
        if self.status is None:
            self.status = status_of(head)
        if self.status is not None:
            self.cut = why

    def kept(self, now: datetime, execution: Execution) -> dict[str, Any]:
        """Return what is kept of the answer with the attempt; secrets of the start are not."""
        body = self.body[:KEPT].decode("utf-8", "backslashreplace")
        is_cut = not self.whole or self.length > KEPT
        kept: dict[str, Any] = {
            "status": self.status,
            "body": execution.clean_cut(body, after=is_cut),
            "bytes": self.length if self.whole else None,  # None: there were more than we read
        }
        if self.cut:
            kept["cut"] = self.cut
        if (seconds := self.retry_after(now)) is not None:
            kept["retry_after"] = seconds
        return kept

    def retry_after(self, now: datetime) -> float | None:
        """Seconds for which it asks to be left alone (RFC 9110, 10.2.3); None when it does not."""
        text = self.headers.get("retry-after", "").strip()
        if re.fullmatch(r"[0-9]{1,9}", text):
            return float(text)
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(round((moment - now).total_seconds(), 3), 0.0)


def status_of(head: bytes) -> int | None:
    """The status that the beginning of an answer names, those that only announce it left out."""
    while (found := STATUS_LINE.match(head)) is not None:
        status = int(found[1])
        if status >= 200:
            return status
        end = END_OF_HEAD.search(head)
        head = b"" if end is None else head[end.end() :]
    return None


def judge(
    answer: Answer, request: HttpRequest, kept: dict[str, Any], now: datetime, clean: Callable[[str], str]
) -> None:
    """Judge whether it is a success: by its status and, where the job says so, by its body. Raises TargetFailed, whose
    words are without what `clean` takes out of them, or OutcomeUnknown when the part that would say so is not there.
    """
    status = answer.status
    assert status is not None  # noqa: S101 - there is an answer
    more = f"; its body was cut: {answer.cut}" if answer.cut else ""
    after = answer.retry_after(now)
    if not request.expects(status):
        asked = "" if after is None else f"; it asks to wait {after:,.0f} s"
        kinds = (str(status), f"{status // 100}xx")
        raise TargetFailed(f"Answered with status {status}{_why(status)}{asked}{more}", kept, kinds, after)
    wanted = request.expect_json
    if wanted is None:
        return
    if not answer.whole:
        why = answer.cut or f"it has more than {READ:,} bytes"
        raise OutcomeUnknown(f"Answered with status {status}, but success is judged by its body: {why}", kept)
    try:
        value = wanted.found_in(exactjson.loads(answer.body))
    except (ValueError, RecursionError):
        said = "is no JSON"
    else:
        if value is not MISSING and exactjson.same(value, wanted.value):
            return
        said = "has nothing there" if value is MISSING else f"has {_shown(value, clean)} there"
    expected = f"{_shown(wanted.value, clean)} at '{wanted.pointer}'"
    raise TargetFailed(f"Answered with status {status}, but its body {said}, not {expected}", kept, ("body",), after)


def _shown(value: Any, clean: Callable[[str], str]) -> str:
    text = clean(exactjson.dumps(value))  # before it is cut amid a secret
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _why(status: int) -> str:
    if 300 <= status < 400:
        return "; redirects are not followed: give the address that it leads to"
    return ""
