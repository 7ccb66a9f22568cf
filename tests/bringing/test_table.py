"""The table that maps commands to targets, and programs that JOBS_COMMANDS names."""

import pytest

from jobs.recurrence.imports import Entry
from jobs.web.bringing import BadTable, Table
from jobs.web.bringing.wants import NoTarget, wanted
from tests.bringing.steps import BACKUP, COMMANDS


def entry(command: str, stdin: str = "") -> Entry:
    return Entry(line=1, name="x", dialect="cron", expression="* * * * *", command=command, stdin=stdin)


@pytest.mark.parametrize(
    ("pattern", "command", "stars"),
    [
        ("report *", "report daily", ["daily"]),
        ("report *", "report ", [""]),
        ("report *", "a report daily", None),
        ("*", "anything at all", ["anything at all"]),
        ("* --to * --quiet", "send --to a@b --quiet", ["send", "a@b"]),
        ("* --to * --quiet", "send --to --quiet", None),
        ("a*b*a", "aba", ["", ""]),
        ("a*a", "a", None),
        ("exact", "exact", []),
        ("exact", "exactly", None),
    ],
)
def test_stars_stand_for_any_text(pattern, command, stars):
    (row,) = Table.of([{"pattern": pattern, "target": "t"}]).rows
    assert row.stars(command) == stars


def test_the_first_row_that_fits_decides_and_its_payload_is_filled():
    table = Table.of_toml("""
        [[commands]]
        command = "rm /tmp/*"
        target = "clean"

        [[commands]]
        pattern = "mail * to *"
        target = "mail.send"
        queue = "slow"
        payload = { what = "{1}", to = ["{2}", 7], all = "{command}: {stdin} {9} {x}" }

        [[commands]]
        pattern = "*"
        target = "rest"
    """)
    assert table.wanted(entry("rm /tmp/*")) == {"target": "clean", "payload": {}}
    assert table.wanted(entry("rm /tmp/old")) == {"target": "rest", "payload": {}}
    assert table.wanted(entry("mail news to ada", "hello")) == {
        "target": "mail.send",
        "queue": "slow",
        "payload": {"what": "news", "to": ["ada", 7], "all": "mail news to ada: hello {9} {x}"},
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[commands]", "is no TOML"),
        ("[[command]]\ntarget = 'x'", "has 'command', which is not known"),
        ("[[commands]]\ncommand = 'x'", "row 1, target: Field required"),
        ("[[commands]]\ntarget = 'x'", "Row 1 of the table needs a command or a pattern, and not both"),
        ("[[commands]]\ntarget = 'x'\ncommand = 'a'\npattern = 'b'", "and not both"),
        ("[[commands]]\ntarget = 'x'\npattern = '**********'", "more than 9 stars"),
        ("[[commands]]\ntarget = 'x'\npattern = 'a'\nshell = true", "row 1, shell: Extra inputs"),
    ],
)
def test_a_table_that_cannot_be_read_says_what_to_write(text, says):
    with pytest.raises(BadTable, match="write") as refused:
        Table.of_toml(text)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        (f"{BACKUP} --full", {"command": "backup", "arguments": ["--full"]}),
        (f"{BACKUP} --all", {"command": "nightly"}),
        (f"{BACKUP}", {"command": "backup"}),
        # What follows an entry without arguments of jobs goes to the one that takes them.
        (f"{BACKUP} --all --dry", {"command": "backup", "arguments": ["--all", "--dry"]}),
        (f"{BACKUP} 'a b' \"c d\" e\\ f '*;$'", {"command": "backup", "arguments": ["a b", "c d", "e f", "*;$"]}),
    ],
)
def test_a_program_that_is_named_becomes_a_command(settings, command, payload):
    settings.JOBS_COMMANDS = COMMANDS
    assert wanted(entry(command), Table()) == {"target": "command", "payload": payload}


def test_input_comes_along(settings):
    settings.JOBS_COMMANDS = COMMANDS
    assert wanted(entry("/usr/bin/plain", "a\nb"), Table())["payload"] == {"command": "plain", "stdin": "a\nb"}


@pytest.mark.parametrize(
    "tail", ["> /dev/null", "; ls", "| wc", "&& x", "$HOME", "`id`", '"$HOME"', "*.txt", "~/x", "{a,b}", "'open"]
)
def test_what_needs_a_shell_has_no_target(settings, tail):
    settings.JOBS_COMMANDS = COMMANDS
    with pytest.raises(NoTarget, match="needs a shell, and no job has one; put it into a script"):
        wanted(entry(f"{BACKUP} {tail}"), Table())


def test_variables_before_a_command_need_a_shell_too(settings):
    settings.JOBS_COMMANDS = COMMANDS
    with pytest.raises(NoTarget, match="needs a shell"):
        wanted(entry(f"A=b {BACKUP}"), Table())


def test_other_programs_and_arguments_have_no_target(settings):
    settings.JOBS_COMMANDS = COMMANDS
    for command in ("/usr/bin/plain -v", "plain", "/usr/bin/other"):
        with pytest.raises(NoTarget, match="No entry of JOBS_COMMANDS runs"):
            wanted(entry(command), Table())


def test_without_commands_the_table_is_what_remains():
    with pytest.raises(NoTarget, match="map it in the table of commands: command = '/bin/x \"a\"', target = one of"):
        wanted(entry('/bin/x "a"'), Table())
    with pytest.raises(NoTarget, match="does not say what it runs"):
        wanted(entry(""), Table())


def test_an_argument_of_the_source_stands_in_the_payload_by_its_name():
    given = Entry(
        line=1, name="x", dialect="cron", expression="@daily", command="com.example.Report", data={"path": "/a"}
    )
    table = Table.of(
        [{"command": "com.example.Report", "target": "demo.log", "payload": {"message": "{data.path} {data.no}"}}]
    )
    assert wanted(given, table)["payload"] == {"message": "/a {data.no}"}
