"""What each role may do, by each way in: written by hand. docs/roles.md shows it (`python -m tests.rights.matrix` writes it there), and tests/rights/test_matrix.py and
test_matrix_admin.py compare it with the answers to real requests. An address or a method without a line here fails.

The person of each role is a member of the team `ours`. Words of a cell:

all     what is ours, what is another team's, what is nobody's, what one has made
team    what is ours, and what one has made; the rest is not there
shared  as team, and what is nobody's
own     what one has made; the rest is not there
own!    what one has made; the rest is refused
ours    what is ours; the rest is not there
to-jobs leads to the list of one's own jobs
yes     there is nothing in it that could be anybody's
no      refused: the permission is missing
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

ROLES = ("viewer", "creator", "operator", "approver", "admin", "service")


class Line(NamedTuple):
    """An action by one way in. `kind`: of what is asked for, empty where it could be nobody's."""

    does: str
    way: str  # REST or page
    method: str
    address: str  # the name of the address
    kind: str
    cells: tuple[str, ...]

    @property
    def is_list(self) -> bool:
        return self.kind.startswith("list of ")


def _lines(way: str, text: str) -> list[Line]:
    found = []
    for row in text.strip().splitlines():
        does, method, address, kind, cells = (part.strip() for part in row.split("|"))
        words = tuple(cells.split())
        assert len(words) == len(ROLES), row
        found.append(Line(does, way, method, address, kind, words))
    return found


#                                                                                                  viewer creator operator approver admin service
REST = _lines(
    "REST",
    """
    List jobs                         | GET    | api-jobs                 | list of job      | team   own  all team   all own
    Create a job                      | POST   | api-jobs                 |                  | no     yes  yes no     yes yes
    Create many jobs                  | POST   | api-jobs-bulk            |                  | no     yes  yes no     yes yes
    Take jobs out                     | GET    | api-jobs-export          | list of job      | team   own  all team   all own
    See a job                         | GET    | api-job                  | job              | team   own  all team   all own
    Edit a job                        | PATCH  | api-job                  | job              | no     no   all no     all no
    Cancel a job                      | POST   | api-job-cancel           | job              | no     own! all no     all own!
    Run a job now                     | POST   | api-job-run-now          | job              | no     no   all no     all no
    Retry a job                       | POST   | api-job-retry            | job              | no     no   all no     all no
    Confirm a job as done             | POST   | api-job-confirm-done     | job              | no     no   all no     all no
    Confirm a job as failed           | POST   | api-job-confirm-failed   | job              | no     no   all no     all no
    Approve a job                     | POST   | api-job-approve          | job              | no     no   no  team   all no
    Keep a job                        | POST   | api-job-keep             | job              | no     no   all no     all no
    Let a job go                      | POST   | api-job-let-go           | job              | no     no   all no     all no
    Redact a job                      | POST   | api-job-redact           | job              | no     no   no  no     all no
    Create a batch                    | POST   | api-batches              |                  | no     yes  yes no     yes yes
    See a batch                       | GET    | api-batch                | batch            | team   own  all team   all own
    List triggers                     | GET    | api-triggers             | list of trigger  | team   no   all team   all no
    See a trigger                     | GET    | api-trigger              | trigger          | team   no   all team   all no
    Start a trigger                   | POST   | api-trigger              | trigger          | no     no   all no     all team
    Define a trigger                  | PUT    | api-trigger              | trigger          | no     no   no  no     all no
    Delete a trigger                  | DELETE | api-trigger              | trigger          | no     no   no  no     all no
    List schedules                    | GET    | api-schedules            | list of schedule | team   no   all team   all no
    Create a schedule                 | POST   | api-schedules            |                  | no     no   yes no     yes no
    Preview a schedule                | POST   | api-schedules-preview    |                  | yes    no   yes yes    yes no
    Bring schedules                   | POST   | api-schedules-import     |                  | no     no   yes no     yes no
    Take schedules out                | GET    | api-schedules-export     | list of schedule | team   no   all team   all no
    List what was missed              | GET    | api-schedules-missed     | list of missed   | team   no   all team   all no
    See a schedule                    | GET    | api-schedule             | schedule         | team   no   all team   all no
    Define a schedule                 | PUT    | api-schedule             | schedule         | no     no   all no     all no
    Change a schedule                 | PATCH  | api-schedule             | schedule         | no     no   all no     all no
    Delete a schedule                 | DELETE | api-schedule             | schedule         | no     no   all no     all no
    Pause a schedule                  | POST   | api-schedule-pause       | schedule         | no     no   all no     all no
    Resume a schedule                 | POST   | api-schedule-resume      | schedule         | no     no   all no     all no
    List a schedule's runs            | GET    | api-schedule-runs        | schedule         | team   no   all team   all no
    Skip a run                        | POST   | api-run-skip             | schedule         | no     no   all no     all no
    Move a run                        | POST   | api-run-move             | schedule         | no     no   all no     all no
    Give a run other arguments        | POST   | api-run-arguments        | schedule         | no     no   all no     all no
    Start a run now                   | POST   | api-run-now              | schedule         | no     no   all no     all no
    Take back what was asked of a run | POST   | api-run-undo             | schedule         | no     no   all no     all no
    Start the runs of a past range    | POST   | api-schedule-backfill    | schedule         | no     no   all no     all no
    List operations                   | GET    | api-operations           | list of operation| team   no   all team   all no
    See an operation                  | GET    | api-operation            | operation        | team   no   all team   all no
    Count what an action would do     | POST   | api-operations           |                  | no     no   yes no     yes no
    Cancel an operation               | POST   | api-operation-cancel     | operation        | no     no   all no     all no
    Take an operation back            | POST   | api-operation-undo       | operation on jobs | no     no   all no     all no
    List limits                       | GET    | api-limits               | list of limit    | ours   no   all ours   all no
    See the limits of a queue or key  | GET    | api-limit                | limit            | ours   no   all ours   all no
    Limit a queue or key              | PUT    | api-limit                | limit            | no     no   no  no     all no
    Lift limits                       | DELETE | api-limit                | limit            | no     no   no  no     all no
    Pause a queue or key              | POST   | api-limit-pause          | limit            | no     no   all no     all no
    Resume a queue or key             | POST   | api-limit-resume         | limit            | no     no   all no     all no
    List calendars                    | GET    | api-calendars            | list of calendar | shared no   all shared all no
    See a calendar                    | GET    | api-calendar             | calendar         | shared no   all shared all no
    Define a calendar                 | PUT    | api-calendar             | calendar         | no     no   no  no     all no
    See when a calendar is open       | GET    | api-calendar-openings    | calendar         | shared no   all shared all no
    List targets                      | GET    | api-targets              |                  | yes    yes  yes yes    yes yes
    See a target                      | GET    | api-target               |                  | yes    yes  yes yes    yes yes
    List workers                      | GET    | api-workers              |                  | yes    no   yes yes    yes no
    Drain a worker                    | POST   | api-worker-drain         |                  | no     no   yes no     yes no
    Resume a worker                   | POST   | api-worker-resume        |                  | no     no   yes no     yes no
    Read the metrics                  | GET    | metrics                  |                  | no     no   yes no     yes no
    List alerts                       | GET    | api-alerts               | list of alert    | ours   no   all ours   all no
    Acknowledge an alert              | POST   | api-alert-acknowledge    | alert            | no     no   all no     all no
    Silence an alert                  | POST   | api-alert-silence        | alert            | no     no   all no     all no
    List rules of alerts              | GET    | api-alert-rules          | list of alert rule | team own  all team   all own
    Make a rule of alerts             | POST   | api-alert-rules          |                  | no     yes  yes no     yes yes
    See a rule of alerts              | GET    | api-alert-rule           | alert rule       | team   own  all team   all own
    Change a rule of alerts           | PATCH  | api-alert-rule           | alert rule       | no     own  all no     all own
    Delete a rule of alerts           | DELETE | api-alert-rule           | alert rule       | no     own  all no     all own
    List subscriptions                | GET    | api-subscriptions        | list of subscription | ours no  all ours   all no
    Subscribe to changes of jobs      | POST   | api-subscriptions        |                  | no     no   yes no     yes no
    See a subscription                | GET    | api-subscription         | subscription     | ours   no   all ours   all no
    Change a subscription             | PATCH  | api-subscription         | subscription     | no     no   all no     all no
    Delete a subscription             | DELETE | api-subscription         | subscription     | no     no   all no     all no
    List whom rules may tell          | GET    | api-destinations         |                  | no     yes  yes no     yes yes
    List objectives                   | GET    | api-objectives           | list of objective | ours  no   all ours   all no
    See an objective                  | GET    | api-objective            | objective        | ours   no   all ours   all no
    Define an objective               | PUT    | api-objective            | objective        | no     no   no  no     all no
    Delete an objective               | DELETE | api-objective            | objective        | no     no   no  no     all no
    See what failed, in groups        | GET    | api-failures             | list of failure  | team   no   all team   all no
    Read the audit                    | GET    | api-audit                | list of audit    | team   no   all team   all no
    Take the audit out                | GET    | api-audit-export         | list of audit    | team   no   all team   all no
    See the installation              | GET    | api-installation         |                  | yes    no   yes yes    yes no
    Release a restored installation   | POST   | api-installation-release |                  | no     no   no  no     yes no
    See the figures                   | GET    | api-stats                |                  | yes    no   yes yes    yes no
    See the figures of the past       | GET    | api-series               |                  | yes    no   yes yes    yes no
    See what is to be expected        | GET    | api-forecast             |                  | yes    no   yes yes    yes no
    List stops of everything          | GET    | api-stops                |                  | yes    no   yes yes    yes no
    Stop everything                   | POST   | api-stops                |                  | no     no   yes no     yes no
    See a stop                        | GET    | api-stop                 |                  | yes    no   yes yes    yes no
    Change a stop                     | PATCH  | api-stop                 |                  | no     no   yes no     yes no
    End a stop                        | POST   | api-stop-go-on           |                  | no     no   yes no     yes no
    Look and propose by MCP           | POST   | mcp                      |                  | yes    yes  yes yes    yes yes
    """,
)

PAGES = _lines(
    "page",
    """
    Watch the monitor                 | GET    | monitor                  |                  | yes    to-jobs yes yes    yes to-jobs
    Watch it go on                    | GET    | monitor-live             |                  | yes    no   yes yes    yes no
    List jobs                         | GET    | jobs                     | list of job      | team   own  all team   all own
    See a job                         | GET    | job                      | job              | team   own  all team   all own
    Follow a job                      | GET    | job-live                 | job              | team   own  all team   all own
    Ask before it is cancelled        | GET    | job-control cancel       | job              | no     own! all no     all own!
    Cancel a job                      | POST   | job-control cancel       | job              | no     own! all no     all own!
    Take a cancellation back          | POST   | job-control undo         | job              | no     own! all no     all own!
    See the form of an edit           | GET    | job-edit                 | job              | no     no   all no     all no
    Edit a job                        | POST   | job-edit                 | job              | no     no   all no     all no
    Run a job now                     | POST   | job-control run-now      | job              | no     no   all no     all no
    Retry a job                       | POST   | job-control retry        | job              | no     no   all no     all no
    Confirm a job as done             | POST   | job-control confirm-done | job              | no     no   all no     all no
    Confirm a job as failed           | POST   | job-control confirm-failed | job            | no     no   all no     all no
    Approve a job                     | POST   | job-control approve      | job              | no     no   no  team   all no
    Refuse a job                      | POST   | job-control refuse       | job              | no     no   no  team   all no
    See what is to be expected        | GET    | forecast                 |                  | yes    no   yes yes    yes no
    See two weeks by hours            | GET    | calendar                 |                  | yes    no   yes yes    yes no
    See what failed, in groups        | GET    | failures                 | list of failure  | team   no   all team   all no
    Count what a canary would retry   | GET    | failures-retry           |                  | no     no   yes no     yes no
    Retry a group of failures         | POST   | failures-retry           |                  | no     no   yes no     yes no
    List operations on jobs           | GET    | operations               | list of operation on jobs | own    no   all own    all no
    Count what an operation would do  | GET    | operation-new            |                  | no     no   yes no     yes no
    Begin an operation on jobs        | POST   | operation-new            |                  | no     no   yes no     yes no
    See an operation on jobs          | GET    | operation                | operation on jobs | own    no   all own    all no
    Follow an operation on jobs       | GET    | operation-live           | operation on jobs | own    no   all own    all no
    Cancel an operation on jobs       | POST   | operation-cancel         | operation on jobs | no     no   all no     all no
    See what can be taken back        | GET    | operation-undo           | operation on jobs | no     no   all no     all no
    Take an operation on jobs back    | POST   | operation-undo           | operation on jobs | no     no   all no     all no
    See the form of a new job         | GET    | new-job                  |                  | no     yes  yes no     yes yes
    Create a job                      | POST   | new-job                  |                  | no     yes  yes no     yes yes
    See the arguments of a target     | POST   | new-job-arguments        |                  | no     yes  yes no     yes yes
    See what a time means             | GET    | new-job-when             |                  | no     yes  yes no     yes yes
    List forms                        | GET    | forms                    | list of form     | team   ours all team   all ours
    See a form                        | GET    | form                     | form             | ours   ours ours ours  ours ours
    Fill in a form                    | POST   | form                     | form             | ours   ours ours ours  ours ours
    List the links to a form          | GET    | form-links               | form             | no     no   no  no     all no
    Make a link to a form             | POST   | form-links               | form             | no     no   no  no     all no
    Revoke a link to a form           | POST   | form-link-revoke         | form             | no     no   no  no     all no
    Take over a link to a form        | POST   | form-link-take-over      | form             | no     no   no  no     all no
    Look whether everything is stopped | GET   | stop                     |                  | yes    no   yes yes    yes no
    Stop everything                   | POST   | stop                     |                  | no     no   yes no     yes no
    End a stop                        | POST   | stop-go-on               |                  | no     no   yes no     yes no
    Change the pace of a stop         | POST   | stop-pace                |                  | no     no   yes no     yes no
    List queues                       | GET    | queues                   | list of limit    | ours   no   all ours   all no
    Watch the queues                  | GET    | queues-live              | list of limit    | ours   no   all ours   all no
    See a queue                       | GET    | queue                    | limit            | shared no   all shared all no
    Watch a queue                     | GET    | queue-live               | limit            | shared no   all shared all no
    List workers                      | GET    | workers                  |                  | yes    no   yes yes    yes no
    Watch the workers                 | GET    | workers-live             |                  | yes    no   yes yes    yes no
    See a worker                      | GET    | worker                   |                  | yes    no   yes yes    yes no
    Watch a worker                    | GET    | worker-live              |                  | yes    no   yes yes    yes no
    See where a worker's jobs are     | GET    | worker-stacks            |                  | no     no   yes no     yes no
    Ask why a queue is paused         | GET    | queue-pause              | limit            | no     no   all no     all no
    Pause a queue                     | POST   | queue-pause              | limit            | no     no   all no     all no
    Ask why a queue goes on           | GET    | queue-resume             | limit            | no     no   all no     all no
    Resume a queue                    | POST   | queue-resume             | limit            | no     no   all no     all no
    Ask why a worker is drained       | GET    | worker-drain             |                  | no     no   yes no     yes no
    Drain a worker                    | POST   | worker-drain             |                  | no     no   yes no     yes no
    Ask why a worker goes on          | GET    | worker-resume            |                  | no     no   yes no     yes no
    Resume a worker                   | POST   | worker-resume            |                  | no     no   yes no     yes no
    See what was late                 | GET    | late                     | list of late     | team   no   all team   all no
    See what was missed               | GET    | late                     | list of missed   | team   no   all team   all no
    List alerts                       | GET    | alerts                   | list of alert    | ours   no   all ours   all no
    Acknowledge an alert              | POST   | alert-acknowledge        | alert            | no     no   all no     all no
    Silence an alert                  | POST   | alert-silence            | alert            | no     no   all no     all no
    List rules of alerts              | GET    | alert-rules              | list of alert rule | team own  all team   all own
    See the form of a rule of alerts  | GET    | alert-rule-new           |                  | no     yes  yes no     yes yes
    Make a rule of alerts             | POST   | alert-rule-new           |                  | no     yes  yes no     yes yes
    See a rule of alerts              | GET    | alert-rule               | alert rule       | no     own  all no     all own
    Change a rule of alerts           | POST   | alert-rule               | alert rule       | no     own  all no     all own
    Delete a rule of alerts           | POST   | alert-rule-delete        | alert rule       | no     own  all no     all own
    List subscriptions                | GET    | subscriptions            | list of subscription | ours no  all ours   all no
    See the form of a subscription    | GET    | subscription-new         |                  | no     no   yes no     yes no
    Subscribe to changes of jobs      | POST   | subscription-new         |                  | no     no   yes no     yes no
    Delete a subscription             | POST   | subscription-delete      | subscription     | no     no   all no     all no
    List objectives                   | GET    | objectives               | list of objective | ours  no   all ours   all no
    End a silence                     | POST   | silence-end              |                  | no     no   yes no     yes no
    Read the audit                    | GET    | audit                    | list of audit    | team   no   all team   all no
    See how jobs are imported         | GET    | import-jobs              |                  | no     yes  yes no     yes yes
    Upload a table of jobs            | POST   | import-jobs              |                  | no     yes  yes no     yes yes
    Take the table to fill            | GET    | import-template          |                  | no     yes  yes no     yes yes
    See what a table has              | GET    | import                   | upload           | no     own  own no     own own
    Create the jobs of a table        | POST   | import                   | upload           | no     own  own no     own own
    Take the wrong rows               | GET    | import-wrong             | upload           | no     own  own no     own own
    See what a filter can say         | GET    | jobs-words               |                  | yes    yes  yes yes    yes yes
    Count the states of a filter       | GET    | jobs-states              |                  | yes    yes  yes yes    yes yes
    List saved views                  | GET    | views                    | list of view     | team   team team team  team team
    Save a view                       | POST   | views                    |                  | yes    yes  yes yes    yes yes
    Change a view                     | POST   | view-change              | view             | own    own  own own    own own
    Delete a view                     | POST   | view-delete              | view             | own    own  own own    own own
    Go somewhere by the palette       | GET    | palette                  |                  | yes    yes  yes yes    yes yes
    List proposals                    | GET    | proposals                | list of proposal | team   own  all team   all own
    Approve a proposal                | POST   | proposal-approve         | proposal         | no     own  all no     all own
    Refuse a proposal                 | POST   | proposal-refuse          | proposal         | no     own  all no     all own
    See what roles may do             | GET    | roles                    |                  | yes    yes  yes yes    yes yes
    """,
)

# Addresses for which nobody needs a role; the others are of one's own account and tokens.
OPEN = {"login", "logout", "healthz", "readyz", "api-schema", "api-docs"}
OPEN |= {
    "api-token-me",
    "tokens",
    "token-rotate",
    "token-revoke",
    "account",
    "appearance",
    "form-by-link",
    "password_change",
    "password_reset",
    "password_reset_confirm",
    "password_reset_done",
    "totp-begin",
    "totp-confirm",
    "totp-recovery",
    "totp-remove",
}

# Of the admin, for people who may enter it: v see, a add, c change, d delete; - nothing. What is another team's is not
# there for who is not in it, as in REST.
ADMIN = {
    #                 viewer creator operator approver admin service
    "alertrule":      "- - - - vacd -",
    "attempt":        "v - v v v -",
    "audit":          "v - v v v -",
    "batch":          "v - v v v -",
    "calendar":       "v - v v vacd -",
    "creationlimit":  "v - v v vacd -",
    "delivery":       "- - - - v -",
    "destination":    "- - - - vacd -",
    "form":           "v - v v vacd -",
    "installation":   "v - v v v -",
    "job":            "v a vad v vad a",
    "leadership":     "v - v v v -",
    "limit":          "v - v v vacd -",
    "objective":      "v - v v vacd -",
    "occurrence":     "v - v v v -",
    "operation":      "v - v v v -",
    "retentionrule":  "v - v v vacd -",
    "schedule":       "v - vacd v vacd -",
    "subscription":   "- - - - vacd -",
    "targetrule":     "v - v v vacd -",
    "team":           "v - v v vacd -",
    "token":          "- - - - vd -",
    "trigger":        "v - v v vacd -",
    "worker":         "v - v v v -",
    "workerlog":      "- - v - v -",
}  # fmt: skip

# Pages of packages, of people, log-ins and Celery's own entries: as above.
PACKAGES = {
    #                                        viewer creator operator approver admin service
    "auth_group":                            "- - - - vacd -",
    "auth_user":                             "- - - - vacd -",
    "axes_accessattempt":                    "- - - - vd -",
    "axes_accessfailurelog":                 "- - - - - -",
    "axes_accesslog":                        "- - - - - -",
    "django_celery_beat_clockedschedule":    "- - - - - -",
    "django_celery_beat_crontabschedule":    "- - - - - -",
    "django_celery_beat_intervalschedule":   "- - - - - -",
    "django_celery_beat_periodictask":       "- - - - - -",
    "django_celery_beat_solarschedule":      "- - - - - -",
    "otp_totp_totpdevice":                   "- - - - vd -",
}  # fmt: skip

# Its other addresses: what they need beside the login.
ADMIN_MORE = _lines(
    "admin",
    """
    Ask for another time of a job     | GET    | jobs_job_reschedule      | job              | no     no   all no     all no
    Keep a job                        | POST   | jobs_job_keep            | job              | no     no   all no     all no
    Redact a job                      | POST   | jobs_job_redact          | job              | no     no   no  no     all no
    Redact all jobs with a label      | GET    | jobs_retentionrule_forget |                 | no     no   no  no     yes no
    See the calendar of schedules     | GET    | jobs_schedule_calendar   |                  | yes    no   yes yes    yes no
    See the changes of clocks         | GET    | jobs_schedule_clocks     |                  | yes    no   yes yes    yes no
    Bring schedules                   | GET    | jobs_schedule_bring      |                  | no     no   yes no     yes no
    Preview a schedule                | POST   | jobs_schedule_preview    |                  | no     no   yes no     yes no
    Preview a change of a schedule    | POST   | jobs_schedule_preview_of | schedule         | no     no   all no     all no
    See a schedule's page             | GET    | jobs_schedule_page       | schedule         | team   no   all team   all no
    Start the runs of a past range    | GET    | jobs_schedule_backfill   | schedule         | no     no   all no     all no
    Ask why a schedule is paused      | GET    | jobs_schedule_ask        | schedule         | no     no   all no     all no
    Skip a run                        | GET    | jobs_schedule_run        | schedule         | no     no   all no     all no
    Cancel an operation               | GET    | jobs_operation_cancel    | operation        | no     no   all no     all no
    """,
)

MEANS = {
    "all": "all",
    "team": "the team's, and one's own",
    "shared": "the team's, and nobody's",
    "ours": "the team's",
    "own": "one's own",
    "own!": "one's own",
    "yes": "yes",
    "no": "-",
    "to-jobs": "one's own, in the list",
}
BEGIN, END = "<!-- table -->", "<!-- end of the table -->"


def table() -> str:
    """Return the table of docs/roles.md."""
    rows = [["action", "by", *ROLES], ["---"] * (2 + len(ROLES))]
    rows += [[line.does, line.way, *(MEANS[word] for word in line.cells)] for line in (*REST, *PAGES)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Write the table into docs/roles.md."""
    page = Path(__file__).parents[2] / "docs" / "roles.md"
    before, _, rest = page.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}")


if __name__ == "__main__":
    main()
