"""Crontab files: each line becomes an entry or a refusal with its number."""

import time

from jobs.recurrence.imports import Entry, Refused, system_crontab, user_crontab

NO_ZONE = (
    "The file names no zone: cron took this line's time in the zone of its machine. See that the zone field has it."
)
DEBIAN = "CRON_TZ counts in cronie; Debian's cron takes the zone of its machine whatever it says. Look which one ran."


def only(text: str, read=user_crontab) -> Entry:
    (entry,), refused = read(text)
    assert refused == ()
    return entry


def refusal(text: str, read=user_crontab) -> Refused:
    entries, (refused,) = read(text)
    assert entries == ()
    return refused


def test_a_line_becomes_an_entry():
    assert only("*/5 8-18 * jan-mar mon-fri\t/usr/bin/sync --all\n") == Entry(
        line=1,
        name="sync",
        dialect="cron",
        expression="*/5 8-18 * jan-mar mon-fri",
        command="/usr/bin/sync --all",
        notes=(NO_ZONE,),
    )


def test_a_nickname_stays_one():
    assert only("@daily /bin/a b").expression == "@daily"


def test_a_line_of_the_system_names_its_user():
    entry = only("17 * * * *  root  cd / && run-parts /etc/cron.hourly", system_crontab)

    assert (entry.expression, entry.command) == ("17 * * * *", "cd / && run-parts /etc/cron.hourly")
    assert entry.notes == (NO_ZONE, "It runs as the user root there.")
    assert only("@weekly root /bin/a", system_crontab).command == "/bin/a"


def test_a_comment_right_above_is_the_name():
    text = "# Nightly backup\n0 3 * * * /bin/a\n0 3 * * * /bin/next\n\n# Far away\n\n0 4 * * * /bin/b\n# m h  dom mon dow   command\n0 5 * * * /bin/c\n#0 6 * * * /bin/off\n0 7 * * * X=1 /bin/d\n"

    assert [entry.name for entry in user_crontab(text)[0]] == ["Nightly backup", "next", "b", "c", "d"]


def test_no_two_have_the_same_name():
    names = [entry.name for entry in user_crontab("0 1 * * * a\n0 2 * * * a\n0 3 * * * a\n")[0]]

    assert names == ["a", "a (line 2)", "a (line 3)"]


def test_the_zone_counts_for_the_lines_below_it():
    text = (
        "0 1 * * * a\nCRON_TZ=Europe/Berlin\n0 2 * * * b\nCRON_TZ = 'Asia/Tokyo'\n0 3 * * * c\nCRON_TZ=\n0 4 * * * d\n"
    )
    entries, refused = user_crontab(text)

    assert refused == ()
    assert [entry.zone for entry in entries] == [None, "Europe/Berlin", "Asia/Tokyo", None]
    assert [entry.notes for entry in entries] == [(NO_ZONE,), (DEBIAN,), (DEBIAN,), (NO_ZONE,)]


def test_lines_below_a_bad_zone_are_refused():
    entries, refused = user_crontab("0 1 * * * a\nCRON_TZ=Mars/Phobos\n0 2 * * * b\n")

    assert [entry.command for entry in entries] == ["a"]
    assert [(one.line, one.field) for one in refused] == [(2, "zone"), (3, "zone")]
    assert refused[1].why.startswith("“Mars/Phobos”: This time zone is not known; write UTC")


def test_variables_are_noted_by_name_without_their_values():
    entry = only('PATH=/usr/bin\nTOKEN="s3cret"\nMAILTO=ops@example.org\nTZ=Asia/Tokyo\n0 1 * * * a\n')

    assert entry.zone is None
    assert entry.notes == (
        NO_ZONE,
        "TZ is set for the command only; no cron starts earlier or later for it.",
        "Cron mailed what the command wrote; here it is kept with the job.",
        "The file sets PATH, TOKEN for the command; set them at the target.",
    )


def test_an_empty_mailto_is_not_noted():
    assert only('MAILTO=""\n0 1 * * * a\n').notes == (NO_ZONE,)


def test_behind_a_percent_sign_is_the_input():
    entry = only(r"0 1 * * * mail -s 100\% you%Hello,%all of \% you")

    assert entry.command == "mail -s 100% you"
    assert entry.stdin == "Hello,\nall of % you"
    assert entry.notes[-1].startswith("Cron gives the command what is behind % as its input; give it to the target")


def test_a_start_with_the_machine_is_refused():
    assert refusal("\n@reboot /bin/a") == Refused(
        2,
        "@reboot /bin/a",
        "",
        "@reboot is no time: nothing here starts with a machine; write a time, or use a trigger.",
    )


def test_a_line_without_command_is_refused():
    assert refusal("0 1 * * *").field == "command"
    assert refusal("@daily").field == "command"
    assert refusal("0 1 * * * root", system_crontab).field == "command"
    assert refusal("0 1 * *").why == "This line ends too early; write five fields, a command."
    assert refusal("0 1 * * *", system_crontab).why == "This line ends too early; write five fields, a user, a command."


def test_refusals_name_the_field():
    fields = [
        refusal(f"{expression} /bin/a").field
        for expression in (
            "60 1 * * *",
            "0 24 * * *",
            "0 1 32 * *",
            "0 1 * foo *",
            "0 1 * * 8",
            "0 0 30 2 *",
            "@fortnightly",
        )
    ]

    assert fields == ["minute", "hour", "day of month", "month", "day of week", "day of month", ""]


def test_lines_may_end_as_on_windows_and_the_last_without_an_end():
    entries, refused = user_crontab("0 1 * * * a\r\n\r\n0 2 * * * b")

    assert refused == ()
    assert [(entry.line, entry.command) for entry in entries] == [(1, "a"), (3, "b")]


def test_one_bad_line_among_a_thousand_leaves_the_others():
    lines = [f"{number % 60} {number % 24} * * * /bin/job --number {number}" for number in range(1000)]
    lines[499] = "0 25 * * * /bin/job --number 499"
    entries, refused = user_crontab("\n".join(lines))

    assert [entry.line for entry in entries] == [*range(1, 500), *range(501, 1001)]
    assert [(one.line, one.text, one.field) for one in refused] == [(500, "0 25 * * * /bin/job --number 499", "hour")]


def test_ten_thousand_lines_are_read_in_seconds():
    text = "\n".join(f"{number % 60} {number // 60 % 24} {number % 28 + 1} * * /bin/job" for number in range(10_000))
    begin = time.process_time()
    entries, refused = user_crontab(text)

    assert (len(entries), len(refused)) == (10_000, 0)
    assert time.process_time() - begin < 5


def test_a_long_line_is_shown_shortened():
    refused = refusal(f"99 1 * * * {'x' * 5000}")

    assert len(refused.text) == 201
