"""What shall not be used any more says so, and until when it answers: ready, for nothing is deprecated today."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from jobs.api.headers import deprecation
from jobs.api.headers.deprecation import DEPRECATED, Deprecated
from tests.api.conftest import JOBS, new_job

SINCE, UNTIL = datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 6, 30, 23, 59, 59, tzinfo=UTC)
PAGE = "https://example.com/rest"


@pytest.fixture
def deprecated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deprecation, "DEPRECATED", {"GET api-jobs": Deprecated(SINCE, PAGE, UNTIL)})


def test_nothing_is_deprecated_today(api: Client) -> None:
    assert DEPRECATED == {}
    assert not {"Deprecation", "Sunset"} & set(api.get(JOBS).headers)


@pytest.mark.usefixtures("deprecated")
def test_what_is_deprecated_says_since_when_and_until_when(api: Client) -> None:
    answer = api.get(JOBS)
    assert answer["Deprecation"] == "@1796083200"
    assert answer["Sunset"] == "Wed, 30 Jun 2027 23:59:59 GMT"
    assert f'<{PAGE}>; rel="deprecation"; type="text/html"' in answer["Link"]
    assert 'rel="first"' in answer["Link"], "beside what the list says"
    assert "Deprecation" in api.get(f"{JOBS}?x=1"), "also where it is refused"


@pytest.mark.usefixtures("deprecated")
def test_other_methods_and_addresses_go_on(api: Client) -> None:
    assert "Deprecation" not in api.post(JOBS, new_job(), content_type="application/json")
    assert "Deprecation" not in api.get(f"{JOBS}1/")


@pytest.mark.usefixtures("deprecated")
def test_the_document_marks_it() -> None:
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]  # type: ignore[no-untyped-call]
    marked = {(path, method) for path, of in paths.items() for method, one in of.items() if one.get("deprecated")}
    assert marked == {(JOBS, "get")}
