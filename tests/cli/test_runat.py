"""`runat`: by address and token alone, without Django."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from jobs.client.__main__ import main


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RUNAT_URL", "RUNAT_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_it_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, capsys):
    assert main(["list"]) == 2
    assert "Say where RunAt is: --url, or the environment variable RUNAT_URL" in capsys.readouterr().err
    assert main(["--url", "https://runat.example", "list"]) == 2
    assert "put a token into the environment variable RUNAT_TOKEN" in capsys.readouterr().err
    monkeypatch.setenv("RUNAT_TOKEN", "secret")
    assert main(["--url", "runat.example", "list"]) == 2
    assert "'runat.example' is no address of RunAt" in capsys.readouterr().err


def test_an_installation_that_is_not_there_has_a_code_of_its_own(monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setenv("RUNAT_TOKEN", "secret")
    monkeypatch.setattr("jobs.client.retries.Retries.after_error", lambda *args, **kwargs: None)

    assert main(["--url", "http://127.0.0.1:1", "cancel", "7"]) == 5
    assert "RunAt at http://127.0.0.1:1 does not answer" in capsys.readouterr().err


def test_it_needs_no_django_and_completes_in_bash():
    refuse = "import sys; sys.modules['django'] = None; from jobs.client.__main__ import main; sys.exit(main(['completion']))"
    made = subprocess.run([sys.executable, "-c", refuse], capture_output=True, text=True, check=True).stdout
    ask = f'{made}\nCOMP_WORDS=(runat create --idem) COMP_CWORD=2; _runat_words; echo "${{COMPREPLY[@]}}"\nCOMP_WORDS=(runat re) COMP_CWORD=1; _runat_words; echo "${{COMPREPLY[@]}}"'

    said = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True, env=os.environ.copy())

    assert said.stdout.splitlines() == ["--idempotency-key", "retry reschedule"]
