"""Runs of real programs: what they are given, how they end, and that nothing of them is left."""

from __future__ import annotations

import os
import pwd
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from jobs.targets import Cancelled, DeadlinePassed, OutcomeUnknown, TargetFailed
from jobs.targets.command import process
from tests.command.conftest import NOMINAL, start
from tests.integration.conftest import wait_for

MEMORY_AND_FILES = "import resource as r; print(r.getrlimit(r.RLIMIT_AS)[0], r.getrlimit(r.RLIMIT_NOFILE)[0])"
FAMILY = """
import os, signal, sys, time
if os.fork() == 0:
    {child}
    time.sleep(600)
    os._exit(0)
{parent}
"""
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


def is_there(pid):
    with suppress(OSError):
        os.kill(pid, 0)
        return True
    return False


def pids(folder, count):
    """Returns the ids that so many processes have left there."""

    def left():
        found = [one for one in folder.iterdir() if one.name.isdecimal()]
        return [int(one.name) for one in found] if len(found) == count else None

    return wait_for(left, f"{count} processes to begin")


def says_that_it_is(folder):
    return f"open({str(folder)!r} + '/' + str(os.getpid()), 'w').close()"


def test_it_is_given_words_and_text_and_what_it_says_is_kept(program):
    text = "import sys; print(sys.argv[1:], sys.stdin.read(), flush=True); print('oh', file=sys.stderr)"
    payload = {"arguments": ["a b", "$HOME; ls", ""], "stdin": "été"}
    assert program(text, payload=payload, more_arguments=True)() == {
        "exit_code": 0,
        "output": "['a b', '$HOME; ls', ''] été\noh\n",
    }


def test_it_inherits_five_variables_and_is_told_which_start_it_is(program, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "long and random")
    for name, value in {"PATH": "/usr/bin", "HOME": "/h", "LANG": "C", "LC_ALL": "C.UTF-8", "TZ": "UTC"}.items():
        monkeypatch.setenv(name, value)
    text = "import os; print(*sorted(f'{n}={v}' for n, v in os.environ.items()), sep='\\n')"
    found = program(text, start(nominal=NOMINAL), environment={"LEVEL": "9"})()
    assert found["output"].splitlines() == [
        "HOME=/h",
        "LANG=C",
        "LC_ALL=C.UTF-8",
        "LEVEL=9",
        "PATH=/usr/bin",
        "RUNAT_ATTEMPT=2",
        "RUNAT_JOB_ID=7",
        "RUNAT_NOMINAL_TIME=2026-11-28T11:30:00+00:00",
        "RUNAT_RUN_AT=2026-11-28T12:00:00+00:00",
        "TZ=UTC",
    ]


def test_no_descriptor_of_the_worker_is_open_in_it(program):
    assert program("import os; print(os.listdir('/proc/self/fd'))")()["output"] == "['0', '1', '2', '3']\n"


def test_its_folder_and_limits_are_those_of_its_entry(program, tmp_path):
    found = program(
        f"import os; {MEMORY_AND_FILES}; print(os.getcwd())",
        folder=str(tmp_path),
        limits={"memory_mb": 300, "files": 50},
    )()
    assert found["output"] == f"{300 * 1024 * 1024} 50\n{tmp_path}\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_it_runs_as_its_user_with_nothing_of_ours(program, named):
    nobody = pwd.getpwnam("nobody")
    named(p={"program": "/usr/bin/id", "user": "nobody"})
    assert program("", program="/usr/bin/id", arguments=[], user="nobody")()["output"].startswith(
        f"uid={nobody.pw_uid}(nobody) gid={nobody.pw_gid}("
    )
    groups = program("", program="/usr/bin/id", arguments=["-G"], user="nobody")()["output"]
    assert groups == f"{nobody.pw_gid}\n"


@pytest.mark.parametrize(
    ("text", "why", "kinds", "kept"),
    [
        ("print('no'); raise SystemExit(3)", "'p' ended with exit code 3", ("exit", "exit_3"), {"exit_code": 3}),
        (
            "import os; print('no', flush=True); os.kill(os.getpid(), 9)",
            "'p' was killed by SIGKILL",
            ("signal", "SIGKILL"),
            {"signal": "SIGKILL"},
        ),
    ],
)
def test_any_end_but_exit_code_0_is_a_failure_with_a_name(program, text, why, kinds, kept):
    with pytest.raises(TargetFailed) as failed:
        program(text)()
    assert (str(failed.value), failed.value.kinds) == (why, kinds)
    assert failed.value.result == {**kept, "output": "no\n"}


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"program": "/nowhere"}, "'p' could not be started: No such file or directory"),
        ({"folder": "/nowhere"}, "'p' could not be started: No such file or directory"),
        ({"program": "/etc/passwd"}, "'p' could not be started: Permission denied"),
    ],
)
def test_one_that_cannot_be_started_says_so(program, entry, why):
    with pytest.raises(TargetFailed) as failed:
        program("", **entry)()
    assert (str(failed.value), failed.value.kinds) == (why, ("unstarted",))


def test_time_of_the_processor_is_limited(program):
    with pytest.raises(TargetFailed, match="was killed by SIGXCPU"):
        program("while True: pass", limits={"cpu_seconds": 1})()


def test_at_its_deadline_it_is_asked_to_end(program):
    text = """
import signal, sys, time
def end(*_): print("bye", flush=True); sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("here", flush=True)
time.sleep(600)
"""
    with pytest.raises(DeadlinePassed) as passed:
        program(text, start(seconds=2))()
    assert str(passed.value) == "Its deadline of 2 s passed, and 'p' was stopped"
    assert passed.value.result == {"exit_code": 0, "output": "here\nbye\n"}
    assert passed.value.kinds == ("deadline",)


def test_who_does_not_end_is_killed_with_all_of_its_group(program, tmp_path, monkeypatch):
    monkeypatch.setattr(process, "GRACE", 0.5)
    context = start()
    begins = f"{DEAF}; {says_that_it_is(tmp_path)}"
    call = program(FAMILY.format(child=begins, parent=f"{begins}; time.sleep(600)"), context)
    canceller = threading.Thread(target=lambda: (pids(tmp_path, 2), context.execution.ask("not needed")))
    canceller.start()
    with pytest.raises(Cancelled) as stopped:
        call()
    canceller.join()
    assert (str(stopped.value), stopped.value.result) == ("not needed", {"signal": "SIGKILL", "output": ""})
    assert [pid for pid in pids(tmp_path, 2) if is_there(pid)] == []


def test_those_whom_it_leaves_behind_in_its_group_end_with_it(program, tmp_path):
    call = program(
        FAMILY.format(
            child=f"{DEAF}; {says_that_it_is(tmp_path)}",
            parent=f"""
while not os.listdir({str(tmp_path)!r}): time.sleep(0.01)""",
        )
    )
    assert call() == {"exit_code": 0, "output": ""}
    assert [pid for pid in pids(tmp_path, 1) if is_there(pid)] == []


def test_one_whose_guard_is_killed_ends_too_and_nobody_knows_its_outcome(program, tmp_path):
    call = program(f"import os, time; {says_that_it_is(tmp_path)}; time.sleep(600)")

    def kill():
        (child,) = pids(tmp_path, 1)
        status = Path(f"/proc/{child}/status").read_text()
        guard = int(status.partition("PPid:")[2].split()[0])
        os.kill(guard, 9)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(OutcomeUnknown, match="What guards 'p' was killed"):
        call()
    killer.join()
    (child,) = pids(tmp_path, 1)
    wait_for(lambda: not is_there(child), "the program to end with its guard")


def test_one_that_is_never_entered_is_never_run(program, tmp_path):
    context = start()
    call = program(f"import os; {says_that_it_is(tmp_path)}", context)
    guard = context.prepared.process._guard.pid
    assert is_there(guard)
    context.execution.prepared = None  # the worker lets go of it
    del call
    assert not is_there(guard)
    assert list(tmp_path.iterdir()) == []


def test_what_is_made_ready_ahead_makes_the_start_quick(program):
    text = ""
    delays = []
    for _ in range(5):
        call = program(text, program="/bin/date", arguments=["+%s.%N"])
        time.sleep(0.3)
        asked = time.time()
        delays.append(float(call()["output"]) - asked)
    bare = []
    for _ in range(5):
        asked = time.time()
        said = subprocess.run(["/bin/date", "+%s.%N"], capture_output=True, check=True).stdout
        bare.append(float(said) - asked)
    assert min(delays) < 5 * min(bare), (delays, bare)
