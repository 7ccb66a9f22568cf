"""The arguments of a target, taken from the signature of its function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, create_model

from jobs.targets.raised import named


class Arguments(BaseModel):
    """JSON, as it is: what is unknown or of a wrong type is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=False)

    verbatim: ClassVar[bool] = False  # it takes decimals where floats would do


def parameters_of(name: str, function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters of a target's function. Raises ValueError where its annotations name what is not there."""
    try:
        return list(inspect.signature(function, eval_str=True).parameters.values())
    except Exception as error:
        raise ValueError(
            f"The annotations of target '{name}' cannot be read ({named(error)}); name classes that its module has "
            "imported, not only for type checking."
        ) from error


def model_of(name: str, fields: dict[str, Any]) -> type[BaseModel]:
    """Make the model that checks a target's arguments. Raises ValueError for annotations that JSON cannot fill."""
    try:
        return create_model(f"Arguments of {name}", __base__=Arguments, **fields)
    except Exception as error:
        raise ValueError(
            f"The arguments of target '{name}' cannot be checked against JSON ({named(error)}); annotate them with "
            "what JSON has, such as str, int, float, list[str], dict[str, int] or a pydantic model."
        ) from error
