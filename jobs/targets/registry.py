"""Targets by name. Only what a `targets.py` has registered can be called: a row can never name a function."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined

from jobs import exactjson
from jobs.targets.calls import AsyncCall, Call
from jobs.targets.context import Context
from jobs.targets.raised import named
from jobs.targets.signatures import model_of, parameters_of

log = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


MOST_NAMED = 10  # wrong arguments of one payload
LONGEST_NAME = 200  # characters of one that a sentence shows


class UnknownTarget(LookupError):
    """No target has this name; the message says which there are."""


class InvalidArguments(ValueError):
    """The payload does not fit the target's signature. `problems` has one sentence an argument."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Target:
    """A registered callable and the shape of its arguments, taken from its signature."""

    name: str
    call: Callable[..., Any]
    summary: str
    arguments: type[BaseModel]
    context: str | None = None  # the name of the parameter that takes the Context
    whole: str | None = None  # the name of the parameter that takes all arguments as one
    dangerous: bool = False  # its jobs wait for the approval of a second person
    prepare: Prepare | None = None

    def bind(self, payload: object, context: Context) -> Call:
        """The call, ready to be made. Raises InvalidArguments."""
        checked = self._validated(payload)
        given: dict[str, Any] = _given(checked) if self.whole is None else {self.whole: checked}
        if self.context is not None:
            given[self.context] = context
        load = None if self.prepare is None else self.prepare.bind(checked, context)
        parts = [self.call] if self.prepare is None else [self.call, self.prepare.call]
        kind = AsyncCall if any(map(inspect.iscoroutinefunction, parts)) else Call
        return kind(partial(self.call, **given), load, context)

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
        log.error("the check of the arguments of target '%s' raised %s", self.name, named(error), exc_info=error)
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
        """What a payload for it may have."""
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
    """What a target does ahead of its time. It takes the target's arguments that it names, defaults filled in."""

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


class Registered(Protocol[P, R_co]):
    """The function of a target, as it was, and the way to give it a `prepare`."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...

    def prepare(self, function: F, /) -> F:
        """Call this function in the time between the row lock and `run_at`; what it returns is `context.prepared`.

        Raises ValueError at import for a parameter that is neither a Context nor an argument of the target.
        """


_registry: dict[str, Target] = {}


def target(
    name: str, arguments: type[BaseModel] | None = None, *, dangerous: bool = False
) -> Callable[[Callable[P, R_co]], Registered[P, R_co]]:
    """Register a function, `async` or not, as the target `name`. Its annotations say which JSON arguments it takes, or
    `arguments` does, where they depend on each other: then one parameter of that type takes them all. A parameter of
    the type Context is given the start that it is called for. The jobs of a `dangerous` one start only when a second
    person has approved.

    Raises ValueError at import for a name that is taken or a signature that JSON cannot fill.
    """

    def register(function: Callable[P, R_co]) -> Registered[P, R_co]:
        if name in _registry and _registry[name].call is not function:
            raise ValueError(f"Two functions are registered as target '{name}'; give one another name.")
        fields: dict[str, Any] = {}
        context = whole = None
        for parameter in parameters_of(name, function):
            if arguments is not None and parameter.annotation is arguments:
                whole = parameter.name
                continue
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise ValueError(f"Target '{name}' may take named arguments only, not '{parameter}'.")
            if parameter.annotation is Context:
                context = parameter.name
                continue
            annotation = Any if parameter.annotation is parameter.empty else parameter.annotation
            fields[parameter.name] = (
                annotation,
                ... if parameter.default is parameter.empty else parameter.default,
            )
        _registry[name] = Target(
            name=name,
            call=function,
            summary=(inspect.getdoc(function) or "").partition("\n")[0],
            arguments=arguments or model_of(name, fields),
            context=context,
            whole=whole,
            dangerous=dangerous,
        )
        function.prepare = partial(_prepare, name)  # type: ignore[attr-defined]
        return cast("Registered[P, R_co]", function)

    return register


def why_uncheckable(target: Target) -> str:
    """Why no payload could ever be judged, such as a class that its annotations name and that there is not; empty for
    a good target."""
    try:
        target.arguments.model_rebuild()
        target.usage()
    except Exception as error:  # noqa: BLE001 - whatever its own class of arguments raises
        return named(error)
    return ""


def _prepare(name: str, function: F) -> F:
    found = _registry[name]
    named: list[str] = []
    context = whole = None
    for parameter in parameters_of(name, function):
        if parameter.annotation is Context:
            context = parameter.name
        elif found.whole is not None and parameter.annotation is found.arguments:
            whole = parameter.name
        elif found.whole is None and parameter.name in found.arguments.model_fields:
            named.append(parameter.name)
        else:
            raise ValueError(
                f"What prepares '{name}' takes its arguments and a Context only, not '{parameter}': "
                f"{name} takes {found.usage()}."
            )
    _registry[name] = replace(found, prepare=Prepare(function, tuple(named), context, whole))
    return function


def is_dangerous(name: str) -> bool:
    """Whether its jobs wait for an approval; nobody waits for that of a target that there is not."""
    return name in _registry and _registry[name].dangerous


def registered() -> Mapping[str, Target]:
    """All of them, by name."""
    return _registry


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
