"""Declared secrets, and a target that has one of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from jobs import targets
from jobs.secrets.declared import parsed
from jobs.targets import Context, Secret, registry
from tests.http.conftest import fresh_pool, server  # noqa: F401 - fixtures
from tests.rights.conftest import make_team, make_user  # noqa: F401 - as above
from tests.secrets.steps import CANARY

ENTRY = {"variable": "RUNAT_SECRET_STRIPE", "targets": ["http", "demo.log", "crm.push"], "hosts": ["localhost"]}


@pytest.fixture
def declare(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Declare the secret `stripe`, with the canary as its value."""
    monkeypatch.setenv("RUNAT_SECRET_STRIPE", CANARY)

    def as_(**changes: Any) -> None:
        settings.JOBS_SECRETS = parsed({"stripe": {**ENTRY, "plain_http": True, **changes}})

    as_()
    return as_


@pytest.fixture(autouse=True)
def crm(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The target crm.push, which keeps what it is called with."""
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))
    calls: list[dict[str, Any]] = []

    def push(ctx: Context, token: Annotated[str, Secret], note: str = "", how: str = "well") -> object:
        """Tells all that it knows, in every way that there is."""
        calls.append({"token": token, "note": note})
        return told(ctx, token, how)

    targets.target("crm.push")(push)
    return calls


def told(ctx: Context, token: str, how: str) -> object:
    import logging  # noqa: PLC0415 - as in a body of somebody's
    import warnings  # noqa: PLC0415 - as above

    print("printed", token)  # noqa: T201 - as bodies do
    ctx.log(f"logged {token}")
    ctx.progress(0.5, f"half of {token}")
    logging.getLogger("shop").debug("debug %s", token)
    with warnings.catch_warnings(action="always"):  # here they are errors
        warnings.warn(f"warned of {token}", stacklevel=1)
    try:
        raise KeyError(token)
    except KeyError:
        logging.getLogger("shop").exception("an exception")
    if how == "badly":
        raise ValueError(f"there is no {token}")
    if how == "by itself":
        raise targets.TargetFailed(f"not with {token}", {"token": [token]})
    return {"token": token, token: 1, "many": [token, {"deep": token}]}
