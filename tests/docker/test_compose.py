"""What `docker compose up` would start: commands that exist, settings that are read, containers that may do little."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery.bin.base import CLIContext
from celery.bin.celery import celery as celery_program
from click import Context
from django.core.management import load_command_class

from jobs.settings_table import TABLE
from launcher.servers.postgres import SETTINGS
from project import env
from project.celery import app
from project.web.__main__ import options_of as web_options
from tests.docker.conftest import TOP, interpolated, read_env

OURS = ["migrate", "web", "beat", "watch", "worker"]
THEIRS = ["postgres", "valkey", "rabbitmq"]
USERS = {name: name for name in THEIRS} | {"prometheus": "nobody"}
ALL = [*OURS, *USERS]
OF_THE_LAUNCHER = {"listen_addresses", "unix_socket_directories", "log_line_prefix"}  # `make run`'s own wiring


def celery_options(words: list[str]) -> dict[str, Any]:
    """What Celery itself makes of `python -m celery --app=project COMMAND ...`; refuses what it does not know."""
    assert words[:4] == ["python", "-m", "celery", "--app=project"]
    command = celery_program.commands[words[4]]
    parent = Context(celery_program, info_name="celery", obj=CLIContext(app, no_color=True, workdir=None))
    context = command.make_context(words[4], list(words[5:]), parent=parent)
    assert context.args == []
    return context.params


def test_these_are_the_services(services):
    assert sorted(services) == sorted(ALL)


class TestCommands:
    def test_beat(self, services):
        options = celery_options(services["beat"]["command"])
        assert options["hostname"] == "beat@%h"
        assert options["remote_control"] is True

    def test_worker(self, services):
        options = celery_options(services["worker"]["command"])
        assert options["concurrency"] == 10
        assert options["pool"].__module__ == "celery.concurrency.thread"

    def test_every_replica_has_a_node_name_of_its_own(self, services):
        for name in ("beat", "worker"):
            assert f"--hostname={name}@%h" in services[name]["command"]
            assert "hostname" not in services[name], "one for all replicas"
            assert "container_name" not in services[name]

    def test_migrate(self, services):
        python, manage, command, *options = services["migrate"]["command"]
        assert (python, manage, command) == ("python", "manage.py", "migrate")
        parser = load_command_class("django.core", "migrate").create_parser("manage.py", "migrate")
        assert parser.parse_args(options).interactive is False

    def test_web_runs_the_image_s_own_command(self, services, image_command):
        assert "command" not in services["web"]
        assert image_command[:3] == ["python", "-m", "project.web"]
        options = web_options(image_command[3:])
        assert options.threads == 8
        assert options.bind == "0.0.0.0:8000"
        assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]

    def test_postgres_has_the_settings_of_make_run(self, services):
        words = services["postgres"]["command"]
        given = dict(word.removeprefix("-c").split("=", 1) for word in words[1:])
        assert words[0] == "postgres"
        assert given.pop("shared_preload_libraries") == "pg_stat_statements"
        assert given == {name: value for name, value in SETTINGS.items() if name not in OF_THE_LAUNCHER}

    def test_valkey_keeps_every_message(self, services):
        assert "include /etc/valkey/runat.conf" in services["valkey"]["command"][-1]
        options = dict(
            line.split(" ", 1) for line in (TOP / "docker" / "valkey.conf").read_text().splitlines() if line[0] != "#"
        )
        assert options["appendonly"] == "yes"
        assert options["maxmemory-policy"] == "noeviction"

    @pytest.mark.parametrize("name", ALL)
    def test_no_password_stands_on_a_command_line(self, services, name):
        check = services[name]["healthcheck"].get("test", [])
        assert "a-secret_" not in " ".join([*services[name].get("command", []), *check])


class TestEnvironment:
    def test_the_variables_are_the_contract_of_the_settings(self, services):
        for name in OURS:
            given = set(services[name]["environment"])
            others = {"OTEL_EXPORTER_OTLP_ENDPOINT", "PYTHONPATH"}
            assert given == {setting.name for setting in TABLE} - {"DEBUG"} | others, name

    def test_the_settings_accept_them(self, services, monkeypatch):
        for name, value in services["web"]["environment"].items():
            monkeypatch.setenv(name, value)
        found = env.read()
        assert found.database["HOST"] == "postgres"
        assert found.database["PASSWORD"] == "a-secret_that_is_long_enough_of-POSTGRES_PASSWORD"
        assert found.allowed_hosts == ["127.0.0.1", "web", "localhost"]
        assert found.jobs["JOBS_MIN_PREPARE_TIME"] == 10

    def test_the_health_check_s_host_is_allowed_whatever_the_hosts_are(self, raw, example):
        web = interpolated(raw["services"]["web"], {**read_env(example), "ALLOWED_HOSTS": "runat.example.com"})
        assert web["environment"]["ALLOWED_HOSTS"].split(",") == ["127.0.0.1", "web", "runat.example.com"]

    @pytest.mark.parametrize("missing", ["SECRET_KEY", "POSTGRES_PASSWORD", "BROKER_PASSWORD", "DATABASE_URL"])
    def test_what_must_be_set_says_so(self, raw, example, missing):
        with pytest.raises(KeyError, match=r"set it in \.env|copy \.env\.example"):
            interpolated(raw["services"], {**read_env(example), missing: ""})

    def test_the_example_has_no_secrets(self):
        text = (TOP / "docker" / ".env.example").read_text()
        assert re.findall(r"^(?:SECRET_KEY|\w+_PASSWORD)=(.*)$", text, re.MULTILINE) == ["", "", ""]

    def test_the_example_names_nothing_that_is_not_read(self, example):
        compose = (TOP / "docker" / "compose.yaml").read_text()
        for name in re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE):
            assert name == "COMPOSE_PROFILES" or f"${{{name}:" in compose, name

    @pytest.mark.parametrize("broker", ["valkey", "rabbitmq"])
    def test_the_example_s_lines_belong_together(self, raw, example, broker):
        lines = [line.removeprefix("#") for line in example.splitlines()]
        blocks = {
            line.rpartition(",")[2]: number for number, line in enumerate(lines) if line.startswith("COMPOSE_PROFILES=")
        }
        url = next(line for line in lines[blocks[broker] :] if line.startswith("BROKER_URL="))
        assert f"@{broker}:" in url
        assert raw["services"][broker]["profiles"] == [broker]
        if broker == "rabbitmq":
            assert f"//{raw['services'][broker]['environment']['RABBITMQ_DEFAULT_USER']}:" in url


class TestYourOwn:
    """The folder docker/apps: what a stranger brings along."""

    @pytest.mark.parametrize("name", OURS)
    def test_the_folder_is_there_and_cannot_be_written_to(self, services, name):
        assert services[name]["volumes"] == ["./apps:/apps:ro"]
        assert services[name]["environment"]["PYTHONPATH"] == "/apps"

    def test_schedules_are_found_there(self, services):
        assert services["web"]["environment"]["JOBS_SCHEDULES"] == "/apps/schedules.toml"

    def test_only_workers_get_the_values_of_secrets_and_start_without_any(self, services):
        assert [name for name in services if "env_file" in services[name]] == ["worker"]
        assert services["worker"]["env_file"] == [{"path": "secrets.env", "required": False}]

    def test_nothing_of_it_gets_into_git(self):
        ignored = (TOP / "docker" / ".gitignore").read_text().splitlines()
        assert {".env", "secrets.env", "apps/*"} <= set(ignored)
        assert (TOP / "docker" / "apps" / "README.md").is_file(), "else Docker makes the folder, as root"

    def test_the_docs_and_the_example_name_these_places(self, services, example):
        text = (TOP / "docs" / "deployment.md").read_text().partition("### Your own code\n")[2].partition("\n### ")[0]
        lines = dict(re.findall(r"^# (JOBS_\w+)=(.+)$", example, re.MULTILINE))
        assert set(lines) == {"JOBS_APPS", "JOBS_COMMANDS", "JOBS_SECRETS"}
        for name, value in lines.items():
            assert f"`{name}={value}`" in text
            assert value.replace("/apps/", "apps/") in text
        assert services["web"]["environment"]["JOBS_SCHEDULES"].removeprefix("/") in text
        restarted = re.findall(r"^docker compose restart (.+?) +#", text, re.MULTILINE)
        assert [sorted(names.split()) for names in restarted] == [sorted(set(OURS) - {"migrate"})]


class TestOrder:
    def test_all_wait_for_the_schema(self, services):
        for name in ("web", "beat", "worker"):
            assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"

    def test_all_wait_for_the_broker_that_is_on(self, services):
        for name in ("web", "beat", "worker"):
            for broker in ("valkey", "rabbitmq"):
                assert services[name]["depends_on"][broker] == {"condition": "service_healthy", "required": False}

    def test_the_schema_is_made_once(self, services):
        assert services["migrate"]["restart"] == "no"
        assert all(services[name]["restart"] == "unless-stopped" for name in ALL if name != "migrate")

    def test_a_restore_stops_all_that_asks_the_database_first(self):
        text = (TOP / "docs" / "deployment.md").read_text().partition("## Backups\n")[2]
        stopped, renamed = text.index("docker compose stop "), text.index("RENAME TO")
        assert sorted(text[stopped:renamed].splitlines()[0].split()[3:]) == sorted(set(OURS) - {"migrate"})
        assert stopped < renamed, "a database with sessions cannot be renamed"
        begun = text.partition("docker compose up -d")[2].splitlines()[0]
        assert begun.split()[:1] == ["#"], "it waits in vain: /readyz, which web is asked for, is 503 until the release"

    def test_two_beats(self, services):
        assert services["beat"]["deploy"]["replicas"] == 2

    def test_workers_can_be_scaled(self, services):
        assert services["worker"]["deploy"]["replicas"] == "1"
        assert "ports" not in services["worker"]


class TestLife:
    @pytest.mark.parametrize("name", ALL)
    def test_a_health_check(self, services, name):
        check = services[name]["healthcheck"]
        assert check == {"disable": True} if name in {"migrate", "watch"} else check["test"][0] in {"CMD", "CMD-SHELL"}

    @pytest.mark.parametrize("name", ["beat", "worker"])
    def test_the_health_check_asks_this_container_s_own_node(self, services, name):
        words = services[name]["healthcheck"]["test"][1].split()
        assert words[:3] == ["python", "-m", "celery"]
        assert words[words.index("--destination") + 1] == f"{name}@$HOSTNAME"
        command = celery_program.commands[words[3]]
        command.make_context(words[3], words[4:], obj=CLIContext(app, no_color=True, workdir=None))

    def test_the_health_checks_of_web_are_python_that_compiles(self, services):
        *_, code = services["web"]["healthcheck"]["test"]
        compile(code, "healthcheck", "exec")
        assert "'/readyz'" in code

    @pytest.mark.parametrize(("name", "least"), [(n, 60) for n in ("worker", "postgres")] + [(n, 15) for n in ALL])
    def test_time_to_stop(self, services, name, least):
        assert int(services[name]["stop_grace_period"].removesuffix("s")) >= least

    @pytest.mark.parametrize("name", ALL)
    def test_a_first_process_that_passes_signals_on(self, services, name):
        assert services[name]["init"] is True


class TestRights:
    @pytest.mark.parametrize("name", ALL)
    def test_no_capabilities_and_none_to_gain(self, services, name):
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in services[name]

    @pytest.mark.parametrize("name", [n for n in ALL if n != "rabbitmq"])
    def test_nothing_to_write_to_but_its_volumes(self, services, name):
        assert services[name]["read_only"] is True
        assert services[name]["tmpfs"][0] == "/tmp"  # noqa: S108 - in the container

    @pytest.mark.parametrize("name", USERS)
    def test_not_root(self, services, name):
        assert services[name]["user"] == USERS[name]

    @pytest.mark.parametrize("name", ALL)
    def test_only_web_can_be_reached_from_outside(self, services, name):
        assert ("ports" in services[name]) == (name == "web")

    @pytest.mark.parametrize("name", ALL)
    def test_images_are_pinned(self, services, name):
        tag = services[name]["image"].partition(":")[2]
        assert re.match(r"v?\d", tag), "a version, and not latest"

    @pytest.mark.parametrize("name", ALL)
    def test_memory_and_processes_are_bounded(self, services, name):
        assert re.fullmatch(r"\d+[mg]", services[name]["mem_limit"])
        assert services[name]["pids_limit"] >= 500

    def test_our_processes_are_no_superuser_of_the_database(self, services):
        given = services["postgres"]["environment"]
        assert "POSTGRES_USER" not in given
        assert urlsplit(services["web"]["environment"]["DATABASE_URL"]).username == "runat"
        made = (TOP / "docker" / "database.sql").read_text()
        assert "CREATE ROLE runat LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE" in made
        assert "CREATE DATABASE runat OWNER runat" in made

    def test_data_lie_in_volumes(self, raw, services):
        for name in USERS:
            assert any(volume.startswith(f"{name}:/") for volume in services[name]["volumes"])
            assert name in raw["volumes"]

    def test_mounted_files_exist(self, services):
        files = [v.split(":")[0] for n in USERS for v in services[n]["volumes"] if v.startswith("./")]
        assert files
        assert all((TOP / "docker" / name).is_file() for name in files)
