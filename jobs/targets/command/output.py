"""Output of a program, within bounds: its first bytes and its last, and how many are missing between."""

from __future__ import annotations

import codecs
import json

from jobs.targets.execution import Execution

LARGEST = 15_000  # characters of JSON: what is kept with an attempt must not be cut elsewhere


class Output:
    """Bytes as they came; the secrets of the start are not told."""

    def __init__(self, limit: int, execution: Execution) -> None:
        self._limit, self._execution = limit, execution
        self._first, self._last = bytearray(), bytearray()
        self._all = 0

    def add(self, data: bytes) -> None:
        self._all += len(data)
        room = self._limit - len(self._first)  # while all of it fits, none of it is cut
        self._first += data[:room]
        self._last += data
        del self._last[: -self._limit]

    @property
    def text(self) -> str:
        """Return it as text; what is no UTF-8 is replaced."""
        for share in (1, 2, 4, 8):  # a control character has six characters in JSON
            text = self._within(self._limit // share)
            if len(json.dumps(text)) <= LARGEST:
                break
        return text

    def _within(self, limit: int) -> str:
        if self._all <= limit:
            return self._execution.clean(self._first.decode("utf-8", "replace"))
        half = limit // 2
        first = codecs.getincrementaldecoder("utf-8")("replace").decode(bytes(self._first[:half]))
        last = bytes(self._last[-half:])
        begun = next((at for at, byte in enumerate(last[:3]) if byte & 0xC0 != 0x80), 0)  # not amid a character
        cut = f"\n... {self._all - 2 * half:,} bytes are cut here ...\n"
        ended = last[begun:].decode("utf-8", "replace")
        clean = self._execution.clean_cut
        return clean(first, after=True) + cut + clean(ended, before=True)
