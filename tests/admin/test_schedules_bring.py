"""The page on which schedules of others are brought."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from jobs.models import Schedule
from tests.bringing.steps import CRONTAB

pytestmark = pytest.mark.django_db
PAGE = "/admin/jobs/schedule/bring/"
GIVEN = {
    "source": "crontab",
    "zone": "Europe/Berlin",
    "text": CRONTAB,
    "table": "[[commands]]\npattern = '*'\ntarget = 'demo.noop'",
}


@pytest.fixture
def bringer(client, person):
    client.force_login(person("view_schedule", "add_schedule", "add_job", staff=True))
    return client


def text(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_preview_shows_each_line_and_creates_nothing(bringer):
    page = text(bringer.post(PAGE, {**GIVEN, "_preview": ""}))
    assert "at 02:30 on Monday to Friday, by the clock of Europe/Berlin" in page
    assert page.count(" 02:30:00 C") == 5
    assert "Day of month: " in page
    assert "2 of 3 can come." in page
    assert page.count('name="take"') == 2
    assert not Schedule.objects.exists()


def test_those_chosen_come_alone(bringer):
    answer = bringer.post(PAGE, {**GIVEN, "take": ["2"], "_bring": ""}, follow=True)
    assert "1 schedule brought, 0 of them switched on." in text(answer)
    made = Schedule.objects.get()
    assert (made.name, made.time_zone, made.created_by.username) == ("unknown", "Europe/Berlin", "grace")


def test_a_refused_line_cannot_be_chosen(bringer):
    page = text(bringer.post(PAGE, {**GIVEN, "take": ["0", "1"], "_bring": ""}))
    assert "Nothing was brought: 1 of 2 is refused." in page
    assert not Schedule.objects.exists()
    assert "Nothing was brought: there is none" in text(bringer.post(PAGE, {**GIVEN, "take": ["99"], "_bring": ""}))


def test_a_file_is_read_and_its_text_stays_for_the_choice(bringer):
    file = SimpleUploadedFile("crontab", b"7 3 * * * /bin/from-a-file\n")
    page = text(bringer.post(PAGE, {**GIVEN, "text": "", "file": file, "_preview": ""}))
    assert "1 of 1 can come." in page
    assert "7 3 * * * /bin/from-a-file\n</textarea>" in page


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"text": " "}, "Choose a file, or paste its text."),
        ({"table": "["}, "is no TOML"),
        ({"zone": "Mars/Base"}, "time zone"),
        ({"file": SimpleUploadedFile("x", b"\xff")}, "This is not UTF-8: byte 0 is wrong"),
        ({"file": SimpleUploadedFile("x", b"#" * 1_000_001)}, "This has 1000001 bytes; 1000000 are read at most."),
    ],
)
def test_what_cannot_be_read_is_said(bringer, more, says):
    assert says in text(bringer.post(PAGE, {**GIVEN, **more, "_preview": ""}))


def test_it_needs_both_rights_and_is_linked(bringer, client, person):
    assert f'href="{PAGE}"' in text(bringer.get("/admin/jobs/schedule/"))
    assert "Bring schedules" in text(bringer.get(PAGE))
    client.force_login(person("view_schedule", "add_schedule", staff=True, name="linus"))
    assert client.get(PAGE).status_code == 403


def test_those_chosen_come_in_shadow(bringer):
    answer = bringer.post(PAGE, {**GIVEN, "shadow": "on", "take": ["2"], "_bring": ""}, follow=True)
    assert "1 schedule brought, 0 of them switched on, 1 in shadow." in text(answer)
    assert Schedule.objects.get().shadow
