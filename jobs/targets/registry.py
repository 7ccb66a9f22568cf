"""Targets by name. Only what a `targets.py` has registered can be called: a row can never name a function."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic_core import PydanticUndefined

F = TypeVar("F", bound=Callable[..., Any])


class UnknownTarget(LookupError):
    """No target has this name; the message says which there are."""


class InvalidArguments(ValueError):
    """The payload does not fit the target's signature. `problems` has one sentence an argument."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=False)


@dataclass(frozen=True)
class Target:
    """A registered callable and the shape of its arguments, taken from its signature."""

    name: str
    call: Callable[..., Any]
    summary: str
    arguments: type[BaseModel]

    def check(self, payload: object) -> dict[str, Any]:
        """Return the arguments, defaults left to the callable.

        Raises InvalidArguments, one sentence for each argument that is missing, unknown or of a wrong type.
        """
        if not isinstance(payload, dict):
            raise InvalidArguments([f"The payload must be a JSON object of arguments, not {_kind(payload)}."])
        try:
            checked = self.arguments.model_validate(payload)
        except ValidationError as error:
            raise InvalidArguments([self._sentence(e) for e in error.errors()]) from None
        return {name: getattr(checked, name) for name in checked.model_fields_set}

    def _sentence(self, error: Mapping[str, Any]) -> str:
        argument = ".".join(str(part) for part in error["loc"])
        if error["type"] == "missing":
            return f"Argument '{argument}' is missing: {self.name} takes {self.usage()}."
        if error["type"] == "extra_forbidden":
            return f"Argument '{argument}' is not known: {self.name} takes {self.usage()}."
        return f"Argument '{argument}' is wrong: {error['msg'][0].lower()}{error['msg'][1:]}."

    def usage(self) -> str:
        """The arguments for people: `seconds: float = 0.083`."""
        parts = []
        for name, field in self.arguments.model_fields.items():
            kind = getattr(field.annotation, "__name__", str(field.annotation))
            default = "" if field.default is PydanticUndefined else f" = {field.default!r}"
            parts.append(f"{name}: {kind}{default}")
        return ", ".join(parts) or "no arguments"


_registry: dict[str, Target] = {}


def target(name: str) -> Callable[[F], F]:
    """Register a function as the target `name`. Its annotations say which JSON arguments it takes.

    Raises ValueError at import for a name that is taken or a signature that JSON cannot fill.
    """

    def register(function: F) -> F:
        if name in _registry and _registry[name].call is not function:
            raise ValueError(f"Two functions are registered as target '{name}'; give one another name.")
        fields: dict[str, Any] = {}
        for parameter in inspect.signature(function, eval_str=True).parameters.values():
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise ValueError(f"Target '{name}' may take named arguments only, not '{parameter}'.")
            annotation = Any if parameter.annotation is parameter.empty else parameter.annotation
            fields[parameter.name] = (
                annotation,
                ... if parameter.default is parameter.empty else parameter.default,
            )
        _registry[name] = Target(
            name=name,
            call=function,
            summary=(inspect.getdoc(function) or "").partition("\n")[0],
            arguments=create_model(f"Arguments of {name}", __base__=_Arguments, **fields),
        )
        return function

    return register


def find(name: str) -> Target:
    """The target of this name. Raises UnknownTarget with a near name, if there is one."""
    try:
        return _registry[name]
    except KeyError:
        near = difflib.get_close_matches(name, _registry, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"Known are: {', '.join(names())}."
        raise UnknownTarget(f"There is no target '{name}'. {hint}") from None


def names() -> list[str]:
    return sorted(_registry)


def _kind(value: object) -> str:
    kinds = {
        str: "text",
        list: "a list",
        bool: "a truth value",
        int: "a number",
        float: "a number",
        type(None): "null",
    }
    return kinds.get(type(value), type(value).__name__)
