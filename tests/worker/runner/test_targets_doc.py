"""The examples of docs/targets.md run as they stand there."""

import re

import pytest
from django.conf import settings

from jobs.models import Attempt
from jobs.states import State
from jobs.targets import registry
from tests.worker.runner.steps import job, run

pytestmark = pytest.mark.django_db

DOC = (settings.BASE_DIR / "docs" / "targets.md").read_text()


@pytest.fixture
def examples(monkeypatch):
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))
    blocks = re.findall(r"^(?:```python|cat > \S+ <<'END')\n(.*?)^(?:```|END)$", DOC, re.MULTILINE | re.DOTALL)
    code = "\n\n".join(blocks)
    exec(compile(code, "docs/targets.md", "exec"), {"__name__": "shop.targets"})  # noqa: S102 - our own page


@pytest.fixture
def files(tmp_path):
    (tmp_path / "orders.csv").write_text("ada,3\ngrace,4\nada,5\n")
    (tmp_path / "model.json").write_text('{"weight": 0.5}')
    return tmp_path


RESULTS = {
    "shop.hello": ({"name": "Ada"}, "Hello Ada"),
    "shop.remind": ({"order": 7, "language": "de"}, {"order": 7, "text": "Bitte zahlen"}),
    "shop.poll": ({"shops": ["a", "b"]}, ["a is open", "b is open"]),
    "shop.import": ({"file": "orders.csv"}, {"ada": 8, "grace": 4}),
    "shop.score": ({"model": "model.json", "order": 6}, 3.0),
}


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.django_db(transaction=True)
def test_it_runs(examples, files, monkeypatch, name):
    monkeypatch.chdir(files)
    payload, result = RESULTS[name]
    done = run(job(0.2, target=name, payload=payload))
    assert done.state == State.COMPLETED, done.reason
    assert Attempt.objects.get().result == result


def test_each_example_is_run():
    assert set(re.findall(r'^@target\("(.*)"\)', DOC, re.MULTILINE)) == set(RESULTS)


def test_the_first_target_takes_twelve_lines():
    """From an empty folder to a job, blank lines in the code left out."""
    section = DOC.partition("## A first target of your own\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    assert len([line for block in blocks for line in block.splitlines() if line]) <= 12
