"""The environment is checked at start-up: one sentence that names the variable and the remedy."""

import subprocess
import sys

import pytest

import launcher
from jobs.checks import check_settings
from jobs.settings_table import TABLE, unknown
from project import env

GOOD = {
    "DATABASE_URL": "postgresql://me:secret@db.example:5433/runat",
    "BROKER_URL": "redis://broker.example:6379/0",
    "SECRET_KEY": "long and random, 32 characters and more",
}


@pytest.fixture
def environment(monkeypatch):
    for name in (
        "DEBUG",
        "ALLOWED_HOSTS",
        "JOBS_MIN_PREPARE_TIME",
        "JOBS_MAX_DELAY_TIME",
        "JOBS_ARM_LEAD",
        "JOBS_FORM_CREATION_RATE",
        "JOBS_NODE_MAX_CPU",
        "JOBS_NODE_MAX_MEMORY",
        "JOBS_NODE_MAX_LOAD",
        "JOBS_HTTP_ALLOW",
        "JOBS_HTTP_PORTS",
        "JOBS_HTTP_SIGNING_KEYS",
        "JOBS_CELERY_TASKS",
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(launcher, "running", lambda: None)
    return monkeypatch


def test_defaults(environment):
    found = env.read()
    assert {name: found.jobs[name] for name in ("JOBS_MIN_PREPARE_TIME", "JOBS_MAX_DELAY_TIME", "JOBS_ARM_LEAD")} == {
        "JOBS_MIN_PREPARE_TIME": 10,
        "JOBS_MAX_DELAY_TIME": 30,
        "JOBS_ARM_LEAD": 0.2,
    }
    assert [found.jobs[f"JOBS_NODE_MAX_{what}"] for what in ("CPU", "MEMORY", "LOAD")] == [None, 95, None]
    assert found.debug is False
    assert found.allowed_hosts == ["localhost", "127.0.0.1", "[::1]"]
    assert found.database["HOST"] == "db.example"
    assert found.database["PORT"] == 5433


def test_values_are_taken(environment):
    environment.setenv("JOBS_ARM_LEAD", "0.5")
    environment.setenv("ALLOWED_HOSTS", "a.example, b.example")
    environment.setenv("DEBUG", "yes")
    environment.setenv("JOBS_NODE_MAX_CPU", "80")
    environment.setenv("JOBS_NODE_MAX_MEMORY", "off")
    environment.setenv("JOBS_NODE_MAX_LOAD", "")
    environment.setenv("JOBS_HTTP_ALLOW", "hooks.internal, 10.1.0.0/16,")
    environment.setenv("JOBS_HTTP_PORTS", "443, 8443")
    environment.setenv("JOBS_LOGIN_FAILURES", "7")
    found = env.read()
    assert found.jobs["JOBS_HTTP_ALLOW"] == ["hooks.internal", "10.1.0.0/16"]
    assert found.jobs["JOBS_HTTP_PORTS"] == [443, 8443]
    assert found.jobs["JOBS_HTTP_SIGNING_KEYS"] == []
    assert found.jobs["JOBS_ARM_LEAD"] == 0.5
    assert repr(found.jobs["JOBS_LOGIN_FAILURES"]) == "7"
    assert [found.jobs[f"JOBS_NODE_MAX_{what}"] for what in ("CPU", "MEMORY", "LOAD")] == [80, None, None]
    assert found.allowed_hosts == ["a.example", "b.example"]
    assert found.debug is True


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "", "DATABASE_URL is not set"),
        ("JOBS_HTTP_PORTS", "443,http", "JOBS_HTTP_PORTS has 'http', which is no port; set it to ports such as"),
        ("DATABASE_URL", "mysql://x/y", "begins with 'mysql://', which is not supported"),
        ("DATABASE_URL", "postgresql://x:99999/y", "DATABASE_URL is not a valid URL"),
        ("BROKER_URL", "", "BROKER_URL is not set"),
        ("BROKER_URL", "sqs://x", "begins with 'sqs://', which is not supported"),
        ("BROKER_URL", "foo", "BROKER_URL is no address, it does not begin with 'redis://'"),
        ("BROKER_URL", "redis://", "BROKER_URL names no host"),
        ("BROKER_URL", "redis://:word@/0", "BROKER_URL names no host"),
        ("BROKER_URL", "redis://h/zero", "names a database that is no number"),
        ("BROKER_URL", "my broker", "BROKER_URL has a space or a line break in it"),
        ("BROKER_URL", "redis://:a/b@h/0", "BROKER_URL is not a valid URL"),
        ("DATABASE_URL", "foo", "DATABASE_URL is no address, it does not begin with 'postgresql://'"),
        ("DATABASE_URL", "localhost:5432/runat", "DATABASE_URL is no address"),
        ("DATABASE_URL", "postgresql://", "DATABASE_URL names no database"),
        ("DATABASE_URL", "postgresql://h", "DATABASE_URL names no database"),
        ("DATABASE_URL", "postgresql://u:a b@h/n", "DATABASE_URL has a space"),
        ("DATABASE_URL", "postgresql://u:pass/word@h/n", "DATABASE_URL is not a valid URL"),
        ("SECRET_KEY", "", "SECRET_KEY is not set"),
        ("SECRET_KEY", "k" * 31, "SECRET_KEY has 31 characters, and needs 32"),
        ("JOBS_PUBLIC_URL", "runat.example.com", "JOBS_PUBLIC_URL is 'runat.example.com'; write it like https://"),
        ("JOBS_PUBLIC_URL", "https://runat.example.com/jobs", "without a path"),
        ("JOBS_PUBLIC_URL", "https://me:pw@runat.example.com", "without a path"),
        ("JOBS_PUBLIC_URL", "https://runat.example.com:port", "without a path"),
        ("JOBS_OIDC_ISSUER", "http://id.example.com", "write it like https://id.example.com/realms/work"),
        ("JOBS_OIDC_ISSUER", "https://id.example.com/", "JOBS_OIDC_CLIENT_ID is not set"),
        ("JOBS_HSTS_DAYS", "-1", "set it to a number of days from 0 to 730"),
        ("DEBUG", "perhaps", "DEBUG is 'perhaps'; set it to true or false"),
        (
            "JOBS_MIN_PREPARE_TIME",
            "ten",
            "JOBS_MIN_PREPARE_TIME is 'ten'; set it to a number of seconds from 1 to 3600",
        ),
        ("JOBS_MIN_PREPARE_TIME", "0", "from 1 to 3600"),
        ("JOBS_MAX_DELAY_TIME", "-1", "from 1 to 86400"),
        ("JOBS_ARM_LEAD", "nan", "from 0 to 60"),
        ("JOBS_FORM_CREATION_RATE", "-1", "set it to a number of jobs a second from 0 to 10000"),
        ("JOBS_LOGIN_FAILURES", "0", "set it to a number of wrong passwords from 1 to 1000"),
        ("JOBS_LOG_FORMAT", "xml", "JOBS_LOG_FORMAT is 'xml'; set it to console or json."),
        ("JOBS_LOGIN_LOCKED_FOR", "-3", "set it to a number of seconds from 1 to 86400"),
        ("JOBS_PROXIES", "10.0.0.5, proxy", "JOBS_PROXIES has 'proxy', which is neither an address nor a network"),
        ("JOBS_NODE_MAX_CPU", "much", "JOBS_NODE_MAX_CPU is 'much'; set it to a number, or to off for no limit"),
        ("JOBS_ARM_LEED", "1", "there is no setting JOBS_ARM_LEED; did you mean JOBS_ARM_LEAD?"),
        ("JOBS_NODE_MAX_MEM", "1", "there is no setting JOBS_NODE_MAX_MEM; did you mean JOBS_NODE_MAX_"),
        ("JOBS_APPS", "pay roll", "JOBS_APPS has 'pay roll', which is no name of a Python package"),
        ("JOBS_APPS", "pay_roll", "JOBS_APPS has 'pay_roll', and there is no such package; put its folder beside"),
        ("JOBS_ARM_LEAD", "11", "JOBS_ARM_LEAD (11 s) must be shorter than JOBS_MIN_PREPARE_TIME (10 s)"),
    ],
)
def test_a_wrong_variable_stops_with_one_sentence(environment, name, value, sentence):
    environment.setenv(name, value)
    with pytest.raises(env.ConfigurationError) as stopped:
        env.read()
    assert sentence in str(stopped.value)
    assert "\n" not in str(stopped.value)
    assert "pass/word" not in str(stopped.value)


def test_debugging_needs_no_secret_key(environment):
    environment.setenv("SECRET_KEY", "")
    environment.setenv("DEBUG", "1")
    assert len(env.read().secret_key) > 30


def test_a_running_local_installation_fills_in_what_is_unset(environment):
    services = launcher.Services("postgresql://l:1@127.0.0.1:1/runat", "redis://127.0.0.1:2/0", "local key" * 4)
    environment.setattr(launcher, "running", lambda: services)
    for name in GOOD:
        environment.delenv(name)
    found = env.read()
    assert found.broker_url == "redis://127.0.0.1:2/0"
    assert found.secret_key == "local key" * 4


@pytest.mark.parametrize("command", [["manage.py", "check"], ["-m", "celery", "-A", "project", "report"]])
def test_every_entry_point_stops_without_a_traceback(environment, command):
    environment.setenv("BROKER_URL", "nonsense")
    process = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert process.returncode != 0
    assert "RunAt cannot start: BROKER_URL" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(
    "command", [["migrate"], ["runserver", "--noreload", "0"], ["retention"], ["createsuperuser", "--no-input"]]
)
def test_a_database_that_is_away_ends_a_command_with_a_sentence(environment, command):
    environment.setenv("DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/runat")
    process = subprocess.run([sys.executable, "manage.py", *command], capture_output=True, text=True, check=False)
    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    assert "secret" not in process.stderr
    assert len(process.stderr.splitlines()) == 2
    assert "RunAt cannot reach its database 'runat' at 127.0.0.1" in process.stderr
    assert "See that PostgreSQL runs there" in process.stderr


@pytest.mark.parametrize("command", ["benchmark", "drill", "migrate", "jobs"])
def test_help_needs_no_server_and_starts_none(environment, command):
    for name in GOOD:
        environment.delenv(name)
    environment.setenv("RUNAT_HOME", "/proc/nowhere")
    words = [sys.executable, "manage.py", command, "--help"]
    process = subprocess.run(words, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    assert f"usage: manage.py {command}" in process.stdout
    assert process.stderr == "", "no server says that it is ready"


def test_what_kubernetes_sets_for_a_service_called_jobs_is_no_setting():
    names = [
        "JOBS_SERVICE_HOST",
        "JOBS_SERVICE_PORT_WEB",
        "JOBS_PORT",
        "JOBS_PORT_80_TCP_ADDR",
        "PATH",
        "JOBS_ARM_LEAD",
    ]
    assert unknown(names) == {}


def test_a_name_like_no_setting_is_told_by_a_check(environment):
    environment.setenv("JOBS_COLOUR", "blue")
    assert env.read().jobs["JOBS_ARM_LEAD"] == 0.2
    assert [(one.id, one.msg) for one in check_settings(None)] == [
        ("jobs.W003", "JOBS_COLOUR is no setting of RunAt, and is ignored.")
    ]


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.name)
def test_each_default_is_a_value_that_may_be_set(setting):
    assert setting.problem(setting.default) == ""
    assert setting.help
    assert setting.allowed


def test_an_app_of_ones_own_by_one_variable(environment, tmp_path):
    app = tmp_path / "payroll_of_a_test"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "targets.py").write_text(
        "from jobs.targets import target\n\n\n@target('payroll.run')\ndef run(month: int) -> None: ...\n"
    )
    environment.setenv("JOBS_APPS", "payroll_of_a_test")
    environment.setenv("PYTHONPATH", str(tmp_path))
    code = "import django; django.setup(); from jobs.targets.registry import registered; print(*registered())"
    command = [sys.executable, "-c", code]
    environment.setenv("DJANGO_SETTINGS_MODULE", "project.settings")
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "payroll.run" in found.stdout, found.stderr
