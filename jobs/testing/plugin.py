"""Plugin for pytest: the fixture `runat`. It is there by itself where RunAt is installed as a package; else with
`pytest_plugins = ["jobs.testing.plugin"]` in the conftest.py beside manage.py."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from jobs.testing.kit import RunAt

FAIL_ON_UNEXPECTED = "runat_fail_on_unexpected"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting that makes every test with `runat` fail on jobs that it does not expect."""
    parser.addini(FAIL_ON_UNEXPECTED, "fail each test that has unexpected jobs", type="bool", default=False)


@pytest.fixture(autouse=True, scope="session")
def _tables_can_be_emptied() -> None:
    if "django.apps" not in sys.modules:  # a session of somebody else's, who has RunAt installed for another
        return
    from django.apps import apps  # noqa: PLC0415 - as above

    if apps.ready and apps.is_installed("jobs"):
        from jobs.testing.emptying import let_tables_be_emptied  # noqa: PLC0415 - as above

        let_tables_be_emptied()


@pytest.fixture
def runat(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunAt]:
    """Jobs of this test, which start only when it says so: by `runat.run_due()`, in its thread. With pytest-django's
    `db`, in the test's own transaction, or with `transactional_db`, if the test has that."""
    marker = request.node.get_closest_marker("django_db")
    real = "transactional_db" in request.fixturenames or (marker is not None and marker.kwargs.get("transaction"))
    request.getfixturevalue("transactional_db" if real else "db")
    # Models: not before Django is set up.
    from jobs.installation import known  # noqa: PLC0415
    from jobs.nodes import waking  # noqa: PLC0415
    from jobs.publishing import late_publisher  # noqa: PLC0415
    from jobs.testing.kit import RunAt, frozen  # noqa: PLC0415

    # No broker is asked: nobody listens.
    monkeypatch.setattr(late_publisher, "_publish", lambda late: None)
    monkeypatch.setattr(late_publisher, "_publish_overtaken", lambda later: None)
    monkeypatch.setattr(late_publisher, "_publish_missed", lambda published: None)
    monkeypatch.setattr(waking, "_wake", lambda worker: None)
    monkeypatch.setattr(known, "start", 0)  # ids may begin anew with each test
    kit = RunAt(frozen(monkeypatch.setattr))
    if request.config.getini(FAIL_ON_UNEXPECTED):
        kit.fail_on_unexpected()
    yield kit
    kit.finish()
