"""Entries of the registry: the call of each target, and the judge of the arguments that a payload gives it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined

from jobs import exactjson
from jobs.events import emit
from jobs.events.targets import ArgumentCheckRaised
from jobs.targets.calls import AsyncCall, Call
from jobs.targets.context import Context
from jobs.targets.raised import named

MOST_NAMED = 10  # wrong arguments of one payload
LONGEST_NAME = 200  # characters of one that a sentence shows


class InvalidArguments(ValueError):
    """The payload does not fit the target's signature. `problems` has one sentence an argument."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Target:
    """Registered callable and the shape of its arguments, taken from its signature."""

    #: Name by which jobs ask for it, such as `mail.digest`.
    name: str
    call: Callable[..., Any]
    #: First line of its docstring, for people.
    summary: str
    #: Model that judges a payload.
    arguments: type[BaseModel]
    #: Parameter that takes the Context; None: it has none.
    context: str | None = None
    #: Parameter that takes all arguments as one; None: each has its own.
    whole: str | None = None
    #: Whether its jobs wait for the approval of a second person: all of them, or those of certain payloads.
    dangerous: bool | Callable[[object], bool] = False
    #: Function that is run ahead of its time; None: there is nothing to prepare.
    prepare: Prepare | None = None

    def is_dangerous(self, payload: object) -> bool:
        """Return whether a job of this payload waits for the approval of a second person."""
        return self.dangerous(payload) if callable(self.dangerous) else self.dangerous

    def bind(self, payload: object, context: Context) -> Call:
        """The call, ready to be made. Raises InvalidArguments."""
        checked = self._validated(payload)
        given: dict[str, Any] = _given(checked) if self.whole is None else {self.whole: checked}
        if self.context is not None:
            given[self.context] = context
        load = None if self.prepare is None else self.prepare.bind(checked, context)
        return self._kind(partial(self.call, **given), load, context)

    @cached_property
    def _kind(self) -> type[Call]:
        parts = [self.call] if self.prepare is None else [self.call, self.prepare.call]
        return AsyncCall if any(map(inspect.iscoroutinefunction, parts)) else Call

    def check(self, payload: object) -> dict[str, Any]:
        """Return the arguments, defaults left to the callable.

        Raises InvalidArguments, one sentence for each argument that is missing, unknown or of a wrong type.
        """
        checked = self._validated(payload)
        try:
            return _given(checked)
        except (Exception, SystemExit) as error:  # a property of the target's own class of arguments
            raise InvalidArguments([self._broken(error)]) from error

    def _validated(self, payload: object) -> BaseModel:
        if not isinstance(payload, dict):
            raise InvalidArguments([f"The payload must be a JSON object of arguments, not {_kind(payload)}."])
        try:
            return self._fitted(payload)
        except ValidationError as error:
            raise InvalidArguments(self._sentences(error)) from None
        except RecursionError:
            raise InvalidArguments(["The payload is nested too deeply; flatten it."]) from None
        except (Exception, SystemExit) as error:  # a check is a target's own code
            raise InvalidArguments([self._broken(error)]) from error

    def _fitted(self, payload: dict[str, Any]) -> BaseModel:
        """The arguments, with floats in the place of decimals wherever the target wants floats. Raises whatever its
        checks raise."""
        # Only those that a float cannot hold are decimals for a target.
        given = payload if getattr(self.arguments, "verbatim", False) else exactjson.with_floats(payload)
        try:
            return self.arguments.model_validate(given)
        except ValidationError as error:
            # Where the target wants a float, the nearest one will do.
            wrong = error.errors(include_url=False, include_context=False, include_input=False)
            names = {str(one["loc"][0]) for one in wrong if one["loc"]}
            if next(exactjson.decimals([given[name] for name in names if name in given]), None) is None:
                raise
        nearest = {n: exactjson.with_floats(v, nearest=True) if n in names else v for n, v in given.items()}
        return self.arguments.model_validate(nearest)

    def _sentences(self, error: ValidationError) -> list[str]:
        try:
            wrong = error.errors(include_url=False, include_context=False, include_input=False)
            sentences = [self._sentence(e) for e in wrong[:MOST_NAMED]]
        except Exception as unreadable:  # noqa: BLE001 - the words of a check's own error
            return [self._broken(unreadable)]
        if len(wrong) > MOST_NAMED:
            sentences.append(f"{len(wrong) - MOST_NAMED} more arguments are wrong.")
        return sentences

    def _broken(self, error: BaseException) -> str:
        emit(ArgumentCheckRaised(self.name, named(error), error))
        return (
            f"The check of its arguments raised {named(error)[:500]}; mend it in the code of target '{self.name}', or "
            "give arguments that it can judge."
        )

    def _sentence(self, error: Mapping[str, Any]) -> str:
        argument = ".".join(str(part) for part in error["loc"])[:LONGEST_NAME]
        message = str(error["msg"]).removeprefix("Value error, ")
        if not argument:
            return message  # of several arguments together
        if error["type"] == "missing":
            return f"Argument '{argument}' is missing: {self.name} takes {self.usage()}."
        if error["type"] == "extra_forbidden":
            return f"Argument '{argument}' is not known: {self.name} takes {self.usage()}."
        return f"Argument '{argument}' is wrong: {message[0].lower()}{message[1:]}."

    @property
    def argument_names(self) -> list[str]:
        """Return the names that a payload for the target may have."""
        return [field.alias or name for name, field in self.arguments.model_fields.items()]

    def usage(self) -> str:
        """The arguments for people: `seconds: float = 0.083`."""
        parts = []
        for name, field in self.arguments.model_fields.items():
            kind = getattr(field.annotation, "__name__", str(field.annotation))
            default = "" if field.default is PydanticUndefined else f" = {_shown(field.default)}"
            parts.append(f"{field.alias or name}: {kind}{default}")
        return ", ".join(parts) or "no arguments"


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - a default may be any object
        return "..."


def _given(checked: BaseModel) -> dict[str, Any]:
    return {name: getattr(checked, name) for name in checked.model_fields_set}


@dataclass(frozen=True)
class Prepare:
    """Function that a target has run ahead of its time. Takes arguments of the target by name, defaults filled in."""

    call: Callable[..., Any]
    arguments: tuple[str, ...]
    context: str | None
    whole: str | None

    def bind(self, checked: BaseModel, context: Context) -> Callable[[], Any]:
        given = {name: getattr(checked, name) for name in self.arguments}
        if self.context is not None:
            given[self.context] = context
        if self.whole is not None:
            given[self.whole] = checked
        return partial(self.call, **given)


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
