"""Targets by name. Only what a `targets.py` has registered can be called: a row can never name a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, cast
from urllib.parse import urlsplit

from pydantic import BaseModel

from jobs.targets.context import Context
from jobs.targets.entries import Prepare, Target
from jobs.targets.raised import named
from jobs.targets.signatures import model_of, parameters_of

if TYPE_CHECKING:
    from jobs.python.handle import JobHandle

F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class UnknownTarget(LookupError):
    """No target has this name; the message says which there are."""


class Registered(Protocol[P, R_co]):
    """The function of a target, as it was, and the way to give it a `prepare`."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...

    def schedule(self, *args: Any, **given: Any) -> JobHandle:
        """Create a job that calls the function with these arguments; fields of a job, such as `run_at`, stand beside
        them. Raises jobs.Refused with the sentences of REST."""

    def prepare(self, function: F, /) -> F:
        """Call this function in the time between the row lock and `run_at`; what it returns is `context.prepared`.

        Raises ValueError at import for a parameter that is neither a Context nor an argument of the target.
        """


_registry: dict[str, Target] = {}


def target(
    name: str,
    arguments: type[BaseModel] | None = None,
    *,
    dangerous: bool | Callable[[object], bool] = False,
    runbook: str = "",
    address: str = "",
) -> Callable[[Callable[P, R_co]], Registered[P, R_co]]:
    """Register a function, `async` or not, as the target `name`. Its annotations say which JSON arguments it takes, or
    `arguments` does, where they depend on each other: then one parameter of that type takes them all. A parameter of
    the type Context is given the start that it is called for. The jobs of a `dangerous` one start only when a second
    person has approved; where it is a function, those of which it says so by their payload, whatever that is. `runbook`
    is the address of what people do when it fails; pages and REST show it. `address` names the argument that says where
    its secrets go: they are lent for the hosts that JOBS_SECRETS allows, and no edit takes a hidden one elsewhere.

    Raises ValueError at import for a name that is taken, a signature that JSON cannot fill, a runbook that is
    none or an address that is no argument.
    """
    if runbook and not (urlsplit(runbook).scheme in ("http", "https") and urlsplit(runbook).hostname):
        raise ValueError(f"The runbook of target '{name}' must be a whole address such as https://wiki/x: '{runbook}'.")

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
        found = Target(
            name=name,
            call=function,
            summary=(inspect.getdoc(function) or "").partition("\n")[0],
            description=inspect.getdoc(function) or "",
            runbook=runbook,
            address=address,
            arguments=arguments or model_of(name, fields),
            context=context,
            whole=whole,
            dangerous=dangerous,
        )
        if address and address not in found.argument_names:
            raise ValueError(f"Target '{name}' has no argument '{address}' that could be its address.")
        _registry[name] = found
        function.prepare = partial(_prepare, name)  # type: ignore[attr-defined]
        function.schedule = partial(_schedule, name)  # type: ignore[attr-defined]
        return cast("Registered[P, R_co]", function)

    return register


def why_uncheckable(target: Target) -> str:
    """Return why no payload could ever be judged, such as an annotation that names nothing; empty for a good target."""
    try:
        target.arguments.model_rebuild()
        target.usage()
    except Exception as error:  # noqa: BLE001 - whatever its own class of arguments raises
        return named(error)
    return ""


def _schedule(name: str, /, *args: Any, **given: Any) -> JobHandle:
    # The way in of Python knows targets, and they do not know it.
    found: JobHandle = import_module("jobs.python.calls").schedule_call(name, args, given)
    return found


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


def is_dangerous(name: str, payload: object) -> bool:
    """Return whether a job of this target and payload waits for an approval; nobody waits for that of a target that is
    not there."""
    return name in _registry and _registry[name].is_dangerous(payload)


def registered() -> Mapping[str, Target]:
    """Return all targets, by name."""
    return _registry
