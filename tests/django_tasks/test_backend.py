"""Tasks of Django as jobs: enqueued, started, and their results, long after and from any process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module, invalidate_caches
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.apps import AppConfig, apps
from django.core.checks import Error
from django.db import connection, connections
from django.test import override_settings
from django.utils import timezone
from django_tasks import TaskResultStatus, default_task_backend, task, task_backends
from django_tasks.exceptions import InvalidTaskError, TaskResultDoesNotExist
from django_tasks.signals import task_enqueued, task_finished, task_started

from jobs import Refused, acting_as, cancel, schedule, targets
from jobs.events import subscribe
from jobs.events.event import Event
from jobs.events.targets import TasksMayBeUnknown, TasksNotImported
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.targets import django_tasks
from jobs.targets.imported import leads_to
from jobs.tasks_backend import RunAtBackend, TaskInterrupted, TaskNotStarted, TaskStopped
from jobs.testing.starting import start
from tests.django_tasks import tasks

OURS = "jobs.tasks_backend.RunAtBackend"
ADD = "django:tests.django_tasks.tasks.add"
DECLARED = "from django_tasks import task\n\n\n@task\ndef send() -> None: ...\n"


@pytest.fixture(autouse=True)
def _ours(db: None) -> Iterator[None]:
    configured = {
        "default": {"BACKEND": OURS, "QUEUES": []},
        "other": {"BACKEND": OURS, "QUEUES": ["default", "q"], "OPTIONS": {"deadline": 60, "labels": {"a": "b"}}},
        "bulk": {"BACKEND": OURS, "QUEUES": ["bulk", "more"]},
        "immediate": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"},
    }
    tasks.SEEN.clear()
    with override_settings(TASKS=configured):
        yield


def job_of(result: Any) -> Job:
    return Job.objects.get(pk=int(result.id))


def run(result: Any) -> Any:
    assert start(job_of(result))
    result.refresh()
    return result


def test_it_says_what_it_can_do():
    assert isinstance(default_task_backend._connections[default_task_backend._alias], RunAtBackend)
    backend = task_backends["default"]
    assert (backend.supports_defer, backend.supports_async_task, backend.supports_get_result) == (True, True, True)
    assert backend.supports_priority is False


def test_a_task_is_a_job_and_its_result_is_ready():
    result = tasks.add.enqueue(1, b=2)
    job = job_of(result)
    assert (job.target, job.queue) == (ADD, "default")
    assert job.payload == {"args": [1], "kwargs": {"b": 2}}
    assert (result.status, result.args, result.kwargs, result.backend) == (
        TaskResultStatus.READY,
        [1],
        {"b": 2},
        "default",
    )
    assert (result.enqueued_at, result.attempts, result.errors, result.task) == (job.created_at, 0, [], tasks.add)
    assert default_task_backend.get_result(result.id) == result


def test_run_after_is_run_at():
    at = timezone.now() + timedelta(days=1, microseconds=7)
    result = tasks.add.using(run_after=at).enqueue(1)
    assert (job_of(result).run_at, result.task.run_after) == (at, at)
    assert tasks.add.get_result(result.id) == result


def test_a_time_that_has_passed_is_now():
    before = timezone.now()
    result = tasks.add.using(run_after=before - timedelta(days=1)).enqueue(1)
    assert abs(job_of(result).run_at - before) < timedelta(seconds=60)


def test_what_it_returns_is_its_result():
    done = run(tasks.add.enqueue(1, b=2))
    assert (done.status, done.return_value, done.attempts, done.is_finished) == (
        TaskResultStatus.SUCCESSFUL,
        3,
        1,
        True,
    )
    assert done.enqueued_at <= done.started_at <= done.finished_at
    assert done.worker_ids == ["tests@here"]
    assert run(tasks.add_async.enqueue(1, 2)).return_value == 3
    assert run(tasks.returns.enqueue("tuple")).return_value == [1, 2]
    assert run(tasks.returns.enqueue("float")).return_value == 0.1
    assert run(tasks.returns.enqueue("none")).return_value is None


def test_what_is_no_json_is_refused_before_and_fails_after():
    with pytest.raises(TypeError, match="Unsupported type"):
        tasks.add.enqueue(datetime.now)
    failed = run(tasks.returns.enqueue("set"))
    assert (failed.status, failed.errors[0].exception_class) == (TaskResultStatus.FAILED, TypeError)


def test_an_error_is_told_with_its_class_and_its_traceback():
    failed = run(tasks.fail.enqueue("no: paper\nat all"))
    (error,) = failed.errors
    assert failed.status == TaskResultStatus.FAILED
    assert error.exception_class is tasks.Broken
    assert "raise Broken(words)" in error.traceback
    assert error.traceback.endswith("tests.django_tasks.tasks.Broken: no: paper\nat all\n")
    assert "django_tasks.py" not in error.traceback
    with pytest.raises(ValueError, match="Task failed"):
        _ = failed.return_value


def test_a_start_that_may_be_repeated_tells_of_each():
    options = {"rerunnable": True, "max_attempts": 2, "retry_on": ["failure"]}
    with override_settings(TASKS={"default": {"BACKEND": OURS, "OPTIONS": options}}):
        result = run(tasks.fail.enqueue("x"))
        assert (result.status, result.attempts, len(result.errors)) == (TaskResultStatus.READY, 1, 1)
        assert start(job_of(result)) is False  # not before its back-off is over
        Job.objects.filter(pk=result.id).update(run_at=timezone.now(), not_before=None)
        assert run(result).attempts == 2


def test_the_context_knows_the_result():
    result = run(tasks.attempts.enqueue())
    assert result.return_value == [1, result.id, "RUNNING"]


@pytest.mark.django_db(transaction=True)
def test_it_starts_though_the_database_goes_when_its_row_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    real = RunAtBackend.starting

    def cut_off(backend: RunAtBackend, task: Any, job_id: int) -> Any:
        connection.ensure_connection()
        other = connections.create_connection("default")
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
        other.close()
        return real(backend, task, job_id)

    monkeypatch.setattr(RunAtBackend, "starting", cut_off)
    result = tasks.attempts.enqueue()
    done = run(result)
    assert (done.status, done.errors) == (TaskResultStatus.SUCCESSFUL, [])
    assert done.return_value == [1, result.id, "RUNNING"]


def test_signals_are_sent_at_each_step():
    heard: list[tuple[str, str, str]] = []

    def hear(name: str) -> Any:
        return lambda sender, task_result, **_: heard.append((name, task_result.status, sender.__name__))

    receivers = {"enqueued": task_enqueued, "started": task_started, "finished": task_finished}
    kept = {name: hear(name) for name in receivers}
    for name, signal in receivers.items():
        signal.connect(kept[name])
    try:
        run(tasks.add.enqueue(1))
        run(tasks.fail.enqueue("x"))
    finally:
        for name, signal in receivers.items():
            signal.disconnect(kept[name])
    of_one = [("enqueued", "READY", "RunAtBackend"), ("started", "RUNNING", "RunAtBackend")]
    assert heard == [
        *of_one,
        ("finished", "SUCCESSFUL", "RunAtBackend"),
        *of_one,
        ("finished", "FAILED", "RunAtBackend"),
    ]


def test_another_alias_has_its_own_queues_and_options():
    result = tasks.add.using(backend="other", queue_name="q").enqueue(1)
    job = job_of(result)
    assert (job.queue, job.deadline, job.labels) == ("q", 60, {"a": "b"})
    done = run(result)
    assert (done.return_value, done.backend, done.task.queue_name) == (1, "other", "q")
    with pytest.raises(InvalidTaskError, match="Queue 'nowhere' is not valid"):
        tasks.add.using(backend="other", queue_name="nowhere")


def test_another_alias_need_not_have_the_queue_that_the_task_names_itself():
    bulk, other = task_backends["bulk"], task_backends["other"]
    done = run(tasks.add.using(backend="bulk", queue_name="more").enqueue(1))
    assert (done.status, done.return_value) == (TaskResultStatus.SUCCESSFUL, 1)
    assert (bulk.get_result(done.id).task.backend, bulk.get_result(done.id).task.queue_name) == ("bulk", "more")
    later = timezone.now() + timedelta(days=1)
    moved = tasks.add.using(backend="bulk", queue_name="more", run_after=later).enqueue(1)
    own = tasks.add.using(backend="other", queue_name="q").enqueue(1)
    Job.objects.filter(pk__in=(moved.id, own.id)).update(queue="elsewhere")
    found = bulk.get_result(moved.id).task
    assert (found.queue_name, found.run_after) == ("bulk", later), "one that QUEUES has"
    assert run(own).status == TaskResultStatus.SUCCESSFUL
    assert other.get_result(own.id).task.queue_name == "default", "the task's own, where QUEUES has that"


def test_priorities_are_refused():
    with pytest.raises(InvalidTaskError, match="does not support setting priority"):
        tasks.add.using(priority=5)


def test_wrong_settings_are_found_by_checks():
    wrong = {"BACKEND": OURS, "QUEUES": ["a b"], "OPTIONS": {"dedline": 5, "target": "x"}}
    with override_settings(TASKS={"default": wrong}):
        found = {error.id: error for error in task_backends["default"].check()}
    assert set(found) == {"jobs.E040", "jobs.E041"}
    assert all(isinstance(error, Error) for error in found.values())
    assert "dedline, target" in found["jobs.E041"].msg


def test_a_missing_result_does_not_exist():
    other = schedule("demo.noop")
    for wrong in ("0", "123456789", "x", "9" * 30, "-1", str(other.id)):
        with pytest.raises(TaskResultDoesNotExist):
            default_task_backend.get_result(wrong)


def test_what_was_cancelled_skipped_or_interrupted_says_so():
    gone = tasks.add.enqueue(1)
    cancel(int(gone.id), "Twice.")
    gone.refresh()
    assert (gone.status, gone.errors[0].exception_class) == (TaskResultStatus.FAILED, TaskNotStarted)
    assert "Twice." in gone.errors[0].traceback
    result = run(tasks.add.enqueue(1))
    for outcome, words, kind in [
        (State.INTERRUPTED, "Its worker vanished", TaskInterrupted),
        (State.FAILED, "Its deadline of 5 s passed", TaskStopped),
    ]:
        Attempt.objects.filter(job_id=result.id).update(outcome=outcome, error=words)
        Job.objects.filter(pk=result.id).update(state=outcome, reason=words)
        result.refresh()
        assert (result.status, result.errors[0].exception_class) == (TaskResultStatus.FAILED, kind)


def test_a_row_can_name_tasks_and_nothing_else():
    for path in ("tests.django_tasks.tasks.no_task", "os.system", "tests.django_tasks.tasks.add.func", "x", "", "."):
        with pytest.raises(targets.UnknownTarget):
            targets.find(f"django:{path}")
    assert targets.find(ADD).summary == "Add two numbers."
    others = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    with override_settings(TASKS=others), pytest.raises(targets.UnknownTarget):
        targets.find(ADD)
    with pytest.raises(Refused, match="Argument 'words' is not known"):
        schedule(ADD, {"words": "x"})
    assert tasks.SEEN == []


@pytest.fixture
def shelf(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An installed app with tasks in three modules, none of which is imported yet."""
    name = f"shelf_{uuid4().hex}"
    app = tmp_path / name
    (app / "tasks").mkdir(parents=True)
    (app / "__init__.py").touch()
    for module in ("tasks/__init__", "tasks/mail", "elsewhere"):
        (app / f"{module}.py").write_text(DECLARED)
    (app / "tasks" / "__init__.py").write_text(f"from {name}.tasks import mail\n{DECLARED}")
    monkeypatch.syspath_prepend(tmp_path)
    # Not by INSTALLED_APPS, for which all apps are made ready anew, and the theme's admin has no pages then.
    monkeypatch.setitem(apps.app_configs, name, AppConfig.create(name))
    yield name
    for module in [one for one in sys.modules if one.partition(".")[0] == name]:
        del sys.modules[module]


def test_a_row_has_only_modules_imported_that_are_declared_to_have_tasks(
    shelf: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = f"{shelf}.elsewhere"
    with pytest.raises(targets.UnknownTarget, match="a module that workers import: 'tasks' of an installed app"):
        targets.find(f"django:{elsewhere}.send")
    assert elsewhere not in sys.modules
    assert targets.find(f"django:{shelf}.tasks.send")
    assert targets.find(f"django:{shelf}.tasks.mail.send"), "what tasks imports comes with it"
    monkeypatch.setitem(current_app.conf, "imports", [elsewhere])
    assert targets.find(f"django:{elsewhere}.send")
    monkeypatch.setitem(current_app.conf, "imports", [])
    assert targets.find(f"django:{elsewhere}.send"), "this process has it by now"


@pytest.fixture
def heard() -> Iterator[list[Event]]:
    """What is said of modules with tasks."""
    found: list[Event] = []
    end = subscribe(lambda one: found.append(one) if isinstance(one, TasksMayBeUnknown | TasksNotImported) else None)
    yield found
    end()


def test_what_a_declared_module_imports_is_found_though_it_does_not_lie_below(
    shelf: str, tmp_path: Any, heard: list[Event]
) -> None:
    app = tmp_path / shelf
    (app / "mailing.py").write_text(DECLARED)
    (app / "tasks" / "__init__.py").write_text(f"from {shelf}.mailing import send\n")
    assert targets.find(f"django:{shelf}.mailing.send")
    import_module(f"{shelf}.mailing").send.enqueue()
    assert heard == []


def test_a_declared_module_that_raises_is_said_once_and_all_others_are_found(
    shelf: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, heard: list[Event]
) -> None:
    broken, mended = f"{shelf}.broken", f"{shelf}.tasks.send"
    (tmp_path / shelf / "broken.py").write_text(f"import {shelf}.is_not_there\n{DECLARED}")
    monkeypatch.setitem(current_app.conf, "imports", [broken, f"{shelf}.nowhere"])
    monkeypatch.setattr(django_tasks, "_broken", {})
    for _ in range(2):
        with pytest.raises(targets.UnknownTarget, match=r"broken cannot be imported in this process \(ModuleNotFound"):
            targets.find(f"django:{broken}.send")
    assert targets.find(f"django:{mended}")
    assert [(type(one), one.module) for one in heard] == [(TasksNotImported, broken)]
    (tmp_path / shelf / "is_not_there.py").touch()
    invalidate_caches()
    assert targets.find(f"django:{broken}.send"), "it is tried again"


def test_a_task_that_workers_may_not_have_is_warned_of_once(shelf: str, tmp_path: Any, heard: list[Event]) -> None:
    send = import_module(f"{shelf}.elsewhere").send
    assert [job_of(send.enqueue()).target for _ in range(2)] == [f"django:{shelf}.elsewhere.send"] * 2
    assert heard == [TasksMayBeUnknown(f"{shelf}.elsewhere")]


@pytest.mark.parametrize(
    ("file", "text", "is_seen"),
    [
        ("tasks/__init__.py", "from {} import mailing", True),
        ("tasks/__init__.py", "from {}.mailing import send as post", True),
        ("tasks/__init__.py", "import {}.mailing", True),
        ("tasks/__init__.py", "from ..mailing import LIMIT", True),
        ("tasks/__init__.py", "import {}.helpers", True),
        ("tasks/__init__.py", "try:\n    from .. import helpers as aid\nexcept ImportError:\n    pass", True),
        ("tasks/__init__.py", "from importlib import import_module\nmail = import_module('{}.mailing').send", True),
        ("__init__.py", "from . import helpers", True),
        ("models.py", "from . import helpers", True),
        ("apps.py", "class Config:\n    def ready(self):\n        from . import helpers", True),
        ("tasks/__init__.py", "try:\n    from ..... import x\nexcept ImportError:\n    import {}.helpers", True),
        ("tasks/__init__.py", "import {}", False),
        ("tasks/__init__.py", "def later():\n    from {} import helpers", False),
        ("tasks/__init__.py", "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from {} import helpers", False),
        ("views.py", "from {} import helpers", False),
    ],
)
def test_what_the_web_has_imported_first_is_seen_where_workers_get_it_too(  # noqa: PLR0917 - what it is about
    shelf: str, tmp_path: Any, heard: list[Event], file: str, text: str, is_seen: bool
) -> None:
    app = tmp_path / shelf
    (app / "tasks" / "__init__.py").write_text("")
    (app / "mailing.py").write_text(f"{DECLARED}\nLIMIT = 7\n")
    (app / "helpers.py").write_text(f"from {shelf}.mailing import LIMIT\n")
    (app / file).write_text(text.format(shelf))
    for module in ("mailing", "helpers", *(name for name in ("models", "apps", "views") if f"{name}.py" == file)):
        import_module(f"{shelf}.{module}")
    config = apps.app_configs[shelf]
    config.models_module = sys.modules.get(f"{shelf}.models")
    config.__class__ = type("Config", (AppConfig,), {"__module__": f"{shelf}.apps"})
    sys.modules[f"{shelf}.mailing"].send.enqueue()
    assert heard == ([] if is_seen else [TasksMayBeUnknown(f"{shelf}.mailing")])


def test_what_has_no_source_leads_nowhere(shelf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import_module(f"{shelf}.elsewhere")
    monkeypatch.setitem(sys.modules, f"{shelf}.tasks", ModuleType(f"{shelf}.tasks"))
    assert not leads_to(f"{shelf}.elsewhere", [f"{shelf}.tasks", f"{shelf}.nowhere", "sys"])


def test_a_task_of_the_script_itself_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its module is another one in each process."""

    def send() -> None: ...

    monkeypatch.setattr(send, "__module__", "__main__")
    monkeypatch.setattr(send, "__qualname__", "send")
    of_script = task(send)
    monkeypatch.setattr(sys.modules["__main__"], "send", of_script, raising=False)
    with pytest.raises(InvalidTaskError, match=r"No worker would find __main__\.send"):
        of_script.enqueue()


def test_where_no_backend_is_ours_a_task_is_no_target() -> None:
    others = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    with override_settings(TASKS=others), pytest.raises(targets.UnknownTarget, match="TASKS has no backend of RunAt"):
        targets.find(ADD)


def test_a_task_is_scheduled_by_any_way_in():
    job = schedule(ADD, {"kwargs": {"a": 2, "b": 3}}, run_at=timezone.now() + timedelta(hours=1))
    result = tasks.add.get_result(str(job.id))
    assert (result.args, result.kwargs, result.status) == ([], {"a": 2, "b": 3}, TaskResultStatus.READY)


def test_who_acts_has_created_it(django_user_model: Any):
    ada = django_user_model.objects.create_user("ada")
    with acting_as(ada):
        assert job_of(tasks.add.enqueue(1)).created_by == ada
