"""Payloads are written from any language; one that Python cannot read must not break the readers of the table."""

from typing import Any

from jobs import exactjson
from jobs.secrets import MARK, Referring


class PayloadDecoder(exactjson.Decoder):
    """Reads what PostgreSQL stores as JSON. What Python cannot hold (a number of 5,000 digits, arrays nested
    a thousand deep) becomes a sentence, which no target takes for its arguments: the job fails with it. What may refer
    to secrets is a Referring."""

    def decode(self, s: str, *args: Any, **kwargs: Any) -> Any:
        try:
            found = super().decode(s, *args, **kwargs)
            return Referring(found) if MARK in s and isinstance(found, dict) else found
        except (ValueError, RecursionError) as error:
            return f"This payload cannot be read: {error}"


class PayloadEncoder(exactjson.Encoder):
    """Writes what PostgreSQL stores as JSON, each number as it was given."""
