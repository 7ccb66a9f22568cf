"""Output of a program: its first bytes and its last."""

from __future__ import annotations

import json

import pytest

from jobs.targets.command.output import Output
from jobs.targets.execution import Execution


def shown(limit, *parts):
    output = Output(limit, Execution())
    for part in parts:
        output.add(part)
    return output.text


def test_what_fits_is_kept_whole():
    assert shown(8, b"abcd", b"efgh") == "abcdefgh"


def test_of_more_the_middle_is_cut():
    assert shown(8, b"abcd", b"efghi", b"jklm") == "abcd\n... 5 bytes are cut here ...\njklm"


def test_no_character_is_cut_in_two():
    # é is two bytes: the cuts come amid the second and the fifth of seven.
    assert shown(6, "ééééééé".encode()) == "é\n... 8 bytes are cut here ...\né"


def test_what_is_no_text_is_replaced():
    assert shown(100, b"a\xff\xfeb") == "a��b"


@pytest.mark.parametrize("byte", [b"\x01", b"x", b"\xff", b'"'])
def test_it_is_never_too_long_to_be_kept_with_the_attempt(byte):
    assert len(json.dumps(shown(12 * 1024, byte * 100_000))) < 15_100
