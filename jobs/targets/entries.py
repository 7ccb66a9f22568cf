"""Entries of the registry: the call of each target, and the judge of the arguments that a payload gives it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import PydanticUndefined

from jobs import exactjson
from jobs.events import emit
from jobs.events.targets import ArgumentCheckRaised
from jobs.secrets import Referring, Unreadable, cleaner
from jobs.targets.calls import AsyncCall, Call
from jobs.targets.context import Context
from jobs.targets.raised import named, story
from jobs.targets.secrecy import hiding, lending
from jobs.targets.secrecy.marks import Parts, parts_of
from jobs.targets.sentences import about

MOST_NAMED = 10  # wrong arguments of one payload
TOO_DEEP = "The payload is nested too deeply; flatten it."
APPROVALS = (NEVER, ALWAYS, BY_PAYLOAD) = ("never", "always", "by payload")


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
    #: All of its docstring.
    description: str = ""
    #: Address that says what to do when it fails; empty: none.
    runbook: str = ""
    #: Parameter that takes the Context; None: it has none.
    context: str | None = None
    #: Parameter that takes all arguments as one; None: each has its own.
    whole: str | None = None
    #: Whether its jobs wait for the approval of a second person: all of them, or those of certain payloads.
    dangerous: bool | Callable[[object], bool] = False
    #: Argument that holds the address which its secrets are sent to; empty: none.
    address: str = ""
    #: Function that is run ahead of its time; None: there is nothing to prepare.
    prepare: Prepare | None = None

    @property
    def approval(self) -> str:
        """Return which of its jobs wait for the approval of a second person: one of APPROVALS."""
        return BY_PAYLOAD if callable(self.dangerous) else ALWAYS if self.dangerous else NEVER

    def is_dangerous(self, payload: object) -> bool:
        """Return whether a job of this payload waits for the approval of a second person."""
        return self.dangerous(payload) if callable(self.dangerous) else self.dangerous

    @cached_property
    def secret_parts(self) -> Parts:
        """Return which of its arguments only those see who may see secrets."""
        return parts_of(self.arguments)

    def bind(self, payload: object, context: Context) -> Call:
        """The call, ready to be made, with the secrets that its payload refers to. Raises InvalidArguments."""
        hidden = [*hiding.values(self.secret_parts, payload), *self._secret_defaults] if self.secret_parts else []
        if isinstance(payload, Referring):
            payload, lent = self._lent(payload)
            hidden += lent
        if hidden:
            context.execution.hide(hidden)
        checked = self._validated(payload, hidden)
        named: dict[str, Any] = _given(checked) if self.whole is None else {self.whole: checked}
        if self.context is not None:
            named[self.context] = context
        load = None if self.prepare is None else self.prepare.bind(checked, context)
        return self._kind(partial(self.call, **named), load, context)

    def _lent(self, payload: Referring) -> tuple[Any, list[str]]:
        """Return the payload with its secrets, and these. Raises InvalidArguments."""
        if refused := lending.problems(self.name, self.address, payload):
            raise InvalidArguments(refused)
        try:
            return lending.lent(payload)
        except Unreadable as error:
            raise InvalidArguments([str(error)]) from None

    @cached_property
    def _kind(self) -> type[Call]:
        parts = [self.call] if self.prepare is None else [self.call, self.prepare.call]
        return AsyncCall if any(map(inspect.iscoroutinefunction, parts)) else Call

    def check(self, payload: object) -> dict[str, Any]:
        """Return the arguments, defaults left to the callable.

        Raises InvalidArguments, one sentence for each argument that is missing, unknown or of a wrong type, or refers
        to a secret that such a job may not have.
        """
        if self.secret_parts and (left := hiding.sentinels(self.secret_parts, payload)):
            raise InvalidArguments([_not_a_value(".".join(path)) for path in left[:MOST_NAMED]])
        if isinstance(payload, Referring):
            if refused := lending.problems(self.name, self.address, payload):
                raise InvalidArguments(refused)
            payload = self._standing_in(payload)
        checked = self._validated(payload, ())
        try:
            return _given(checked)
        except (Exception, SystemExit) as error:  # a property of the target's own class of arguments
            raise InvalidArguments([self._broken(error, self._cleaner(payload, ()))]) from error

    def _standing_in(self, payload: Referring) -> Any:
        try:
            return lending.standing_in(payload)
        except RecursionError:
            raise InvalidArguments([TOO_DEEP]) from None

    def _cleaner(self, payload: object, hidden: Sequence[str]) -> Callable[[str], str]:
        """Return what takes secrets out of the words about wrong arguments, which a check may have put there."""
        return cleaner([*hidden, *hiding.values(self.secret_parts, payload)]) or str

    def _validated(self, payload: object, hidden: Sequence[str]) -> BaseModel:
        if not isinstance(payload, dict):
            raise InvalidArguments([f"The payload must be a JSON object of arguments, not {_kind(payload)}."])
        try:
            return self._fitted(payload)
        except ValidationError as error:
            raise InvalidArguments(self._sentences(error, self._cleaner(payload, hidden))) from None
        except RecursionError:
            raise InvalidArguments([TOO_DEEP]) from None
        except (Exception, SystemExit) as error:  # a check is a target's own code
            raise InvalidArguments([self._broken(error, self._cleaner(payload, hidden))]) from error

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

    def _sentences(self, error: ValidationError, clean: Callable[[str], str]) -> list[str]:
        try:
            wrong = error.errors(include_url=False, include_context=False, include_input=False)
            sentences = [clean(self._sentence(e)) for e in wrong[:MOST_NAMED]]
        except Exception as unreadable:  # noqa: BLE001 - the words of a check's own error
            return [self._broken(unreadable, clean)]
        if len(wrong) > MOST_NAMED:
            sentences.append(f"{len(wrong) - MOST_NAMED} more arguments are wrong.")
        return sentences

    def _broken(self, error: BaseException, clean: Callable[[str], str]) -> str:
        said = clean(named(error))
        if clean is str:
            emit(ArgumentCheckRaised(self.name, said, error))
        else:
            emit(ArgumentCheckRaised(self.name, said, None, story(error, clean)))
        return (
            f"The check of its arguments raised {said[:500]}; mend it in the code of target '{self.name}', or "
            "give arguments that it can judge."
        )

    def _sentence(self, error: Mapping[str, Any]) -> str:
        argument = ".".join(str(part) for part in error["loc"])
        message = str(error["msg"]).removeprefix("Value error, ")
        if not argument:
            return message  # of several arguments together
        if error["type"] == "missing":
            return about(argument, "missing", f"{self.name} takes {self.usage()}.")
        if error["type"] == "extra_forbidden":
            return about(argument, "not known", f"{self.name} takes {self.usage()}.")
        return about(argument, "wrong", f"{message[0].lower()}{message[1:]}.")

    @property
    def argument_names(self) -> list[str]:
        """Return the names that a payload for the target may have."""
        return [field.alias or name for name, field in self.arguments.model_fields.items()]

    def json_schema(self) -> dict[str, Any] | None:
        """Return the JSON Schema of a payload; None for arguments that have none, such as those of a class of the
        target's own."""
        try:
            schema = self.arguments.model_json_schema()
            for name, one in schema.get("properties", {}).items():
                if name in self.secret_parts and "default" in one:
                    schema["properties"][name] = one | hiding.hidden(
                        {"default": self.secret_parts[name]}, {"default": one["default"]}
                    )
            return schema
        except Exception:  # noqa: BLE001 - whatever its own class of arguments raises
            return None

    def usage(self) -> str:
        """The arguments for people: `seconds: float = 0.083`."""
        parts = []
        for name, field in self.arguments.model_fields.items():
            kind = getattr(field.annotation, "__name__", str(field.annotation))
            default = "" if field.default is PydanticUndefined else f" = {self._default(name, field.default)}"
            parts.append(f"{field.alias or name}: {kind}{default}")
        return ", ".join(parts) or "no arguments"

    def _default(self, name: str, default: object) -> str:
        """Return a default for people, unless it is secret: one may come from the environment."""
        try:
            return repr(hiding.hidden(self.secret_parts, {name: default})[name])
        except Exception:  # noqa: BLE001 - a default may be any object
            return "..."

    @cached_property
    def _secret_defaults(self) -> list[str]:
        """Return the defaults that are secret, which no payload has."""
        fields = {name: field.default for name, field in self.arguments.model_fields.items()}
        bare = {n: one.get_secret_value() if isinstance(one, SecretStr) else one for n, one in fields.items()}
        return hiding.values(self.secret_parts, {n: one for n, one in bare.items() if isinstance(one, str | dict)})


def _not_a_value(argument: str) -> str:
    return about(
        argument,
        "wrong",
        f"{hiding.HIDDEN} stands for a value that is not shown, and none is there that could stay: give the value "
        'itself, or refer to a secret by {"$secret": "its name"}.',
    )


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
