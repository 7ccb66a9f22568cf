"""Makes JSON that PostgreSQL takes of what a target returned."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping

from jobs.transitions import storable

LIMIT = 16_384  # characters of JSON; of a longer result the beginning is kept


def as_json(result: object, clean: Callable[[str], str]) -> str | None:
    """Return the result as JSON, its texts as `clean` leaves them; None for none. What JSON does not know is kept as
    text, what is too long is cut."""
    if result is None:
        return None
    try:
        text = json.dumps(_plain(result, clean), allow_nan=False, separators=(",", ":"))
    except RecursionError:
        text = json.dumps({"unreadable": "nested too deeply"})
    except Exception as error:  # noqa: BLE001 - a result may be anything, and its job has ended well all the same
        text = json.dumps({"unreadable": type(error).__name__})
    if len(text) <= LIMIT:
        return text
    return json.dumps({"cut": text[:LIMIT], "characters": len(text)})


def _plain(value: object, clean: Callable[[str], str]) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        written = str(value)
        shown = clean(written)  # a PIN or the number of a card is a secret, too
        return value if shown == written and (isinstance(value, int) or math.isfinite(value)) else shown
    if isinstance(value, Mapping):
        return {storable(clean(str(key))): _plain(entry, clean) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(entry, clean) for entry in value]
    return storable(clean(str(value)))
