"""`manage.py import_schedules`."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from jobs.models import Audit, Schedule
from tests.bringing.steps import CRONTAB

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(tmp_path, capsys):
    """Run it on this text; returns the exit code and what it wrote."""

    def call(
        text: str | bytes,
        *options: str,
        source: str = "crontab",
        table: str = "[[commands]]\npattern='*'\ntarget='demo.noop'",
    ):
        path, mapped = tmp_path / "file", tmp_path / "map.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        mapped.write_text(table)
        code = 0
        try:
            call_command("import_schedules", str(path), "--from", source, "--map", str(mapped), *options)
        except SystemExit as ended:
            code = ended.code
        return code, capsys.readouterr().out

    return call


def test_it_shows_what_would_come_and_brings_nothing(run):
    code, out = run("# Tidy up\n30 2 * * mon-fri /bin/tidy\n", "--zone", "Europe/Berlin")
    assert code == 0
    assert (
        "2: Tidy up\n    30 2 * * mon-fri (cron)\n    at 02:30 on Monday to Friday, by the clock of Europe/Berlin\n"
        in out
    )
    assert out.count(" 02:30:00 CE") == 5
    assert "    /bin/tidy -> demo.noop\n" in out
    assert out.endswith("1 good, 0 refused.\n")
    assert not Schedule.objects.exists()


def test_what_is_refused_makes_its_exit_code_1(run):
    code, out = run(CRONTAB)
    assert code == 1
    assert "3: (refused)\n    0 0 31 2 * /usr/bin/never\n    refused: Day of month: " in out
    assert out.endswith("2 good, 1 refused.\n")


def test_applied_it_brings_all_or_none(run, django_user_model):
    django_user_model.objects.create_superuser("ada")
    with pytest.raises(CommandError, match="Nothing was brought: 1 of 3 is refused"):
        run(CRONTAB, "--apply")
    assert not Schedule.objects.exists()
    code, out = run(CRONTAB, "--apply", "--only-good", "--by", "ada")
    assert code == 1
    assert out.endswith("2 brought, 0 of them switched on.\n")
    assert Schedule.objects.count() == 2
    assert {note.by.username for note in Audit.objects.all()} == {"ada"}


def test_what_cannot_be_read_is_said(run, tmp_path):
    with pytest.raises(CommandError, match="is not UTF-8: byte 10 is wrong"):
        run(b"0 0 * * * \xff")
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("import_schedules", str(tmp_path / "none"), "--from", "crontab")
    with pytest.raises(CommandError, match="is no TOML"):
        run("", table="[")
    with pytest.raises(CommandError, match="There is no user 'eve'"):
        run("", "--by", "eve")
    with pytest.raises(CommandError, match="time zone"):
        run("", "--zone", "Mars/Base")


def test_in_shadow_it_starts_nothing_and_says_so(run):
    code, out = run("7 3 * * * /bin/tidy\n", "--shadow", "--apply")
    assert code == 0
    assert "note: It arrives in shadow and starts nothing: compare it with what runs at its source" in out
    assert "Remove it at the source first" not in out
    assert out.endswith("1 brought, 0 of them switched on, 1 in shadow.\n")
    made = Schedule.objects.get()
    assert (made.enabled, made.shadow, made.next_job_id) == (False, True, None)
    assert made.next_at is not None
