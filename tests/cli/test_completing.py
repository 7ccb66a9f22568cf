"""Completion in a shell, asked of a real bash: of `runat` and of `manage.py jobs`, by one generator."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from argparse import ArgumentParser

import pytest
from django.core.management import call_command

from jobs.client.__main__ import _parser
from jobs.client.cli.completing import SHELLS, script
from jobs.client.cli.parsing import HELPS, OF_JOBS, OF_PLACES


def of_manage(shell: str = "bash") -> str:
    out = io.StringIO()
    call_command("jobs", "completion", shell, stdout=out)
    return out.getvalue()


def of_runat(shell: str = "bash") -> str:
    return script(_parser(), for_shell=shell)


def completed(text: str, *words: str, before: str = "") -> list[str]:
    """Return what bash offers for the last of these words."""
    function = re.search(r"-F (\w+)", text)
    assert function is not None
    quoted = " ".join(f"'{word}'" for word in words)
    asked = f"{before}\n{text}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; {function[1]}\n"
    asked += 'printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_runat_completes_its_verbs_and_their_options() -> None:
    text = of_runat()
    assert {*OF_JOBS, *OF_PLACES, "completion", "--url"} <= set(completed(text, "runat", ""))
    assert completed(text, "runat", "ca") == ["cancel"]
    assert set(completed(text, "runat", "--url", "http://x", "list", "--")) >= {"--limit", "--history", "--json"}
    assert set(completed(text, "runat", "completion", "")) == {*SHELLS, "--help"}
    assert "tokens" not in completed(text, "runat", "")


@pytest.mark.parametrize("start", [["manage.py"], ["./manage.py"], ["python", "manage.py"], ["python3", "./manage.py"]])
def test_manage_completes_the_same_behind_jobs(start: list[str]) -> None:
    text = of_manage()
    assert {*OF_JOBS, "tokens", "--as"} <= set(completed(text, *start, "jobs", ""))
    assert completed(text, *start, "jobs", "--as", "ada", "resch") == ["reschedule"]
    assert set(completed(text, *start, "jobs", "cancel", "7", "--")) >= {"--reason", "--dry-run", "--json"}
    assert set(completed(text, *start, "jobs", "tokens", "")) >= {"list", "create", "rotate", "revoke"}
    assert set(completed(text, *start, "jobs", "tokens", "create", "ada", "--")) >= {"--days", "--scope", "--dry-run"}
    assert "--limit" not in completed(text, *start, "jobs", "tokens", "list", "--")


def test_other_words_of_manage_are_left_to_django() -> None:
    text, django = of_manage(), "_django_completion() { COMPREPLY=(migrate); }"
    assert completed(text, "manage.py", "mi") == []
    assert completed(text, "manage.py", "mi", before=django) == ["migrate"]
    assert completed(text, "python", "jobs", "", before=django) == ["migrate"]


def test_bash_is_told_of_what_is_called() -> None:
    assert "complete -o default -F _runat_words runat\n" in of_runat()
    assert "complete -o default -F _jobs_words manage.py python python3\n" in of_manage()
    assert of_manage("zsh") == f"autoload -U bashcompinit && bashcompinit\n{of_manage()}"


@pytest.mark.parametrize("text", [of_runat, of_manage])
def test_fish_is_told_of_each_word_with_what_it_does(text) -> None:  # type: ignore[no-untyped-def]
    said = text("fish")
    for verb in OF_JOBS:
        assert f"-a {verb} -d '{HELPS[verb]}'" in said
    assert re.search(r"= \"(runat|jobs) list\"' -l limit -d ", said)
    if fish := shutil.which("fish"):
        subprocess.run([fish, "-n", "-c", said], check=True, timeout=60)


def test_a_help_text_with_an_apostrophe_stays_in_its_quotes() -> None:
    parser = ArgumentParser()
    parser.add_argument("--one", help="it's 50 %% of \\n")
    assert r"-l one -d 'it\'s 50 % of \\n'" in script(parser, for_shell="fish")
