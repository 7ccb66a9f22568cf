import io

from rich.console import Console

from verification.benchmark.report import progress


def shown(monkeypatch, *, terminal: bool) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    monkeypatch.setattr(progress, "Console", lambda stderr: console)
    with progress.progress() as tell:
        tell("load", 30, 60)
        tell("load", 61, 60)
        tell("the last jobs", -1, 40)
    return console.file.getvalue()


def test_at_a_terminal_it_says_what_goes_on(monkeypatch):
    assert "the last jobs" in shown(monkeypatch, terminal=True)


def test_elsewhere_it_is_silent(monkeypatch):
    assert shown(monkeypatch, terminal=False).strip() == ""
