"""Fingerprints of failed starts: by what one failed and where, without the numbers in which it differs from the next.
Those of one target with one fingerprint are a group."""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 200  # characters
LONGEST_LIKENESS = 120  # of a text

# What a target, a deadline or a person calls an end (`kinds`), in words.
KINDS = {
    "unsent": "nothing was sent",
    "body": "the answer's body",
    "unstarted": "could not be started",
    "deadline": "its deadline passed",
    "transaction": "a transaction left open",
    "cancelled": "stopped when asked",
    "unknown": "its outcome is not known",
}
GENERAL = ("failure", "unknown", "signal", "exit")  # say less than what comes after them
IDS = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"  # a UUID
    r"|\b0x[0-9a-f]+\b"  # an address in memory
    r"|\b[\w.+-]+@[\w-]+\.[\w.-]+"  # an address for mail
    r"|\b(?=[a-f]*[0-9])[0-9a-f]{8,}\b"  # a digest
    r"|(?<![\w])[+-]?\d+(?:[.,:]\d+)*|\d+",
    re.IGNORECASE,
)
CLAUSE = re.compile(r"[:;(\n]|\. ")


def of_error(name: str, place: str) -> str:
    """Return the fingerprint of an error of this class, or with this word for it, that was raised there."""
    return f"{name} in {place}"[:LONGEST] if place else name[:LONGEST]


def of_kinds(kinds: Sequence[str]) -> str:
    """Return the fingerprint of an end with these names, the general ones first; empty where they say nothing."""
    kind = next((one for one in kinds if one not in GENERAL), "")
    kind = kind or next((one for one in kinds if one != "failure"), "")
    if kind.isascii() and kind.isdecimal():
        return f"status {kind}"[:LONGEST]
    return KINDS.get(kind, kind.replace("exit_", "exit code ", 1))[:LONGEST]


def of_words(text: str) -> str:
    """Return the fingerprint of an end of which only this was said, by us: its first clause."""
    return likeness(CLAUSE.split(text, maxsplit=1)[0])


def likeness(text: str) -> str:
    """Return the first line without ids, numbers and addresses, each a # now: what two texts have in common that say
    the same of different things."""
    line = text.strip().partition("\n")[0].replace("\x00", "")[: 4 * LONGEST_LIKENESS]
    return IDS.sub("#", line)[:LONGEST_LIKENESS].strip()
