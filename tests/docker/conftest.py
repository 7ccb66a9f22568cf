"""The files in docker/ as data: there is no container engine in the tests."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).resolve().parents[2]
REFERENCE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<text>[^}]*))?\}")


def interpolated(value: Any, given: dict[str, str]) -> Any:
    """What Compose makes of `${NAME}`, `${NAME:-default}`, `${NAME:?sentence}` and `$$`. Raises KeyError(sentence)."""
    if isinstance(value, dict):
        return {key: interpolated(item, given) for key, item in value.items()}
    if isinstance(value, list):
        return [interpolated(item, given) for item in value]
    if not isinstance(value, str):
        return value

    def put(match: re.Match[str]) -> str:
        if found := given.get(match["name"]):
            return found
        if match["kind"] == "?":
            raise KeyError(match["text"])
        return match["text"] or ""

    return REFERENCE.sub(put, value).replace("$$", "$")


def read_env(text: str) -> dict[str, str]:
    """An .env file as Compose reads it: later lines may use earlier ones."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found[name] = interpolated(value, found)
    return found


@pytest.fixture(scope="session")
def raw() -> dict[str, Any]:
    return yaml.safe_load((TOP / "docker" / "compose.yaml").read_text())


@pytest.fixture(scope="session")
def example() -> str:
    """.env.example with its secrets filled in."""
    text = (TOP / "docker" / ".env.example").read_text()
    return re.sub(r"^(SECRET_KEY|\w+_PASSWORD)=$", r"\1=a-secret_that_is_long_enough_of-\1", text, flags=re.MULTILINE)


@pytest.fixture(scope="session")
def services(raw: dict[str, Any], example: str) -> dict[str, Any]:
    return interpolated(raw["services"], read_env(example))


@pytest.fixture(scope="session")
def image_command() -> list[str]:
    """The CMD of the image."""
    return json.loads(re.findall(r"^CMD (\[.*\])$", (TOP / "docker" / "Dockerfile").read_text(), re.MULTILINE)[-1])
