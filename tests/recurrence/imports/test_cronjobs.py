"""CronJobs of Kubernetes: each becomes an entry with its policies, or a refusal."""

import time

import pytest

from jobs.recurrence.imports import Entry, Refused, cronjobs
from tests.recurrence.dialects.reading import starts, table

NO_ZONE = "Without timeZone the zone of the cluster's controller counts, mostly UTC; put it into the zone field."
FULL = """\
apiVersion: batch/v1
kind: CronJob
metadata:
  name: report
  namespace: prod
  labels: {app.kubernetes.io/name: report, release: 3}
spec:
  schedule: "0 3 * * 1-5"
  timeZone: Europe/Berlin
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 120
  suspend: true
  jobTemplate:
    spec:
      template:
        spec:
          containers:
          - name: report
            image: example.org/report:3
            command: ["report", "--day"]
            args: ["last week"]
          - name: proxy
            image: example.org/proxy
"""


def job(spec: str) -> str:
    return f"kind: CronJob\nmetadata: {{name: a}}\nspec: {{timeZone: UTC, {spec}}}\n"


def test_a_cronjob_becomes_an_entry():
    assert cronjobs(FULL) == (
        (
            Entry(
                line=1,
                name="prod/report",
                dialect="cron",
                expression="0 3 * * 1-5",
                zone="Europe/Berlin",
                command="report --day 'last week'",
                enabled=False,
                overlap="skip",
                start_within=120,
                labels={"app.kubernetes.io/name": "report", "release": "3"},
                notes=(
                    "It runs in a container of example.org/report:3 there.",
                    "It has 2 containers; the command is of the first.",
                ),
            ),
        ),
        (),
    )


@pytest.mark.parametrize(
    ("policy", "overlap"),
    [("", "allow"), ("concurrencyPolicy: Allow", "allow"), ("concurrencyPolicy: Replace", "cancel")],
)
def test_policies_become_ours(policy, overlap):
    ((entry,), _) = cronjobs(job(f'schedule: "@daily", {policy}'))

    assert entry.overlap == overlap
    assert entry.enabled
    assert entry.start_within is None


def test_without_a_zone_it_says_whose_zone_counts():
    ((entry,), _) = cronjobs('kind: CronJob\nspec: {schedule: "@daily"}')

    assert entry.zone is None
    assert entry.notes == (NO_ZONE,)
    assert entry.name == "schedule"


# What robfig/cron 3.0.1 means, in the words of our dialect cron: a star with a step restricts a day field there.
@pytest.mark.parametrize(
    ("schedule", "dialect", "expression"),
    [
        ("0 0 */2 * 1", "cron", "0 0 1-31/2 * 1"),
        ("0 0 1 * */2", "cron", "0 0 1 * 0-6/2"),
        ("0 0 */2 * *", "cron", "0 0 */2 * *"),
        ("0 0 */1 * 1", "cron", "0 0 * * 1"),
        ("5/15 ? * * ?", "cron", "5-59/15 * * * *"),
        ("0 0,2/6 * * *", "cron", "0 0,2-23/6 * * *"),
        ("@hourly", "cron", "@hourly"),
        ("@every 1h30m", "interval", "1h30m"),
    ],
)
def test_its_cron_is_written_as_ours(schedule, dialect, expression):
    ((entry,), refused) = cronjobs(job(f'schedule: "{schedule}"'))

    assert refused == ()
    assert (entry.dialect, entry.expression) == (dialect, expression)
    assert bool(entry.notes) is (schedule != expression)


@pytest.mark.parametrize(("schedule", "said"), table("kubernetes.txt"))
def test_it_starts_when_kubernetes_would(schedule, said):
    ((entry,), refused) = cronjobs(job(f'schedule: "{schedule}"'))

    assert refused == ()
    assert starts(entry.dialect, entry.expression, len(said)) == said


def test_many_documents_and_lists_are_read_and_other_kinds_passed_over():
    text = f"kind: Deployment\nspec: {{}}\n---\n{FULL}---\n# nothing\n...\n--- \nkind: List\nitems:\n- kind: Service\n- {job('schedule: 0 1 * * *').replace(chr(10), chr(10) + '  ')}"
    entries, refused = cronjobs(text)

    assert refused == ()
    assert [(entry.line, entry.name, entry.expression) for entry in entries] == [
        (4, "prod/report", "0 3 * * 1-5"),
        (34, "a", "0 1 * * *"),
    ]


def test_one_bad_document_leaves_the_others():
    good = job('schedule: "@daily"')
    entries, refused = cronjobs(f"{good}---\nkind: CronJob\nspec:\n  schedule: */5 * * * *\n---\n{good}")

    assert [entry.line for entry in entries] == [1, 9]
    assert [(one.line, one.text) for one in refused] == [(7, "schedule: */5 * * * *")]
    assert refused[0].why.endswith("put text with *, @ or : into quotes.")


def test_one_bad_item_of_a_list_leaves_the_others():
    text = 'kind: List\nitems:\n- kind: CronJob\n  made: 2026-02-30\n- kind: CronJob\n  spec: {schedule: "@daily"}\n'
    entries, refused = cronjobs(text)

    assert [entry.line for entry in entries] == [5]
    assert [one.line for one in refused] == [3]


@pytest.mark.parametrize(
    ("spec", "field", "why"),
    [
        ("suspend: false", "schedule", "A CronJob has a schedule in quotes; write it like"),
        ("schedule: 5", "schedule", "A CronJob has a schedule in quotes"),
        ('schedule: "61 * * * *"', "minute", "61 is no minute; write a number from 0 to 59"),
        ('schedule: "0 0 * * L"', "day of week", "“L” is no day of week"),
        ('schedule: "* * *"', "", "This has 3 fields, and cron has five"),
        ('schedule: "0 0 30 2 *"', "day of month", "This never starts: February has no day 30"),
        ('schedule: "0 0 * * 7"', "day of week", "Kubernetes has no day of the week 7; write 0 or SUN."),
        ('schedule: "0 0 * * 5-7"', "day of week", "Kubernetes has no day of the week 7"),
        ('schedule: "0 0 * * fri-mon"', "day of week", "“fri-mon” runs backwards"),
        ('schedule: "*/0 * * * *"', "minute", "“*/0” has no step above 0"),
        ('schedule: "@every 5x"', "", "“x” is not a unit of time; write seconds"),
        ('schedule: "TZ=UTC 0 0 * * *"', "schedule", "The schedule holds a zone, which Kubernetes refuses too"),
        ('schedule: "@daily", concurrencyPolicy: Queue', "concurrencyPolicy", "“Queue” is no policy; write Allow"),
        ('schedule: "@daily", concurrencyPolicy: [Allow]', "concurrencyPolicy", "“list” is no policy"),
        ('schedule: "@daily", startingDeadlineSeconds: -1', "startingDeadlineSeconds", "“-1” is no number of seconds"),
        ('schedule: "@daily", startingDeadlineSeconds: 5m', "startingDeadlineSeconds", "“5m” is no number of seconds"),
        ('schedule: "@daily", timeZone: Mars/Phobos', "zone", "“Mars/Phobos”: This time zone is not known"),
    ],
)
def test_it_is_refused_with_field_and_remedy(spec, field, why):
    entries, (refused,) = cronjobs(f"kind: CronJob\nmetadata: {{name: a}}\nspec: {{{spec}}}\n")

    assert entries == ()
    assert refused.field == field
    assert refused.why.startswith(why)
    assert refused.text.startswith("CronJob a: ")


def test_what_grows_by_aliases_is_not_written_out():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]" for number in range(1, 30)]
    text = "\n".join([*lines, "kind: CronJob", "metadata: {name: *a29}", "spec: {schedule: *a29}"])
    entries, (refused,) = cronjobs(text)

    assert entries == ()
    assert refused.text == "CronJob list: list"


@pytest.mark.parametrize("deep", ["[", "{", "- ", "? ", "{a: ", "a: ["])
def test_what_is_deep_is_refused_at_once(deep):
    begin = time.process_time()
    entries, (refused,) = cronjobs(deep * 200_000)

    assert entries == ()
    assert refused.why == "This is nested too deeply; write it flatter."
    assert time.process_time() - begin < 5


def test_nothing_is_made_of_yaml_tags():
    entries, (refused,) = cronjobs("kind: CronJob\nspec: !!python/object/apply:os.getcwd []\n")

    assert entries == ()
    assert isinstance(refused, Refused)
