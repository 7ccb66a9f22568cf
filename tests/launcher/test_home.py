"""The folder of an installation: where it lies, and that only its owner gets in."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from launcher import home as home_module
from launcher.home import SWEEP_AFTER_S, Home, LauncherError, default_home, temporary_home
from launcher.record import Services, running
from launcher.servers.account import Account

pytestmark = pytest.mark.launcher

NOBODY = Account("nobody", 65534, 65534)
ONLY_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root chooses another account for the servers")


def test_the_environment_chooses_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAT_HOME", str(folder / "chosen"))
    assert default_home().path == folder / "chosen"


def test_the_folder_is_in_the_checkout(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNAT_HOME", raising=False)
    monkeypatch.setattr(home_module, "CHECKOUT", folder)
    assert default_home().path == folder / ".runat"


@ONLY_ROOT
def test_below_a_private_folder_root_uses_the_systems(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNAT_HOME", raising=False)
    folder.chmod(0o700)
    monkeypatch.setattr(home_module, "CHECKOUT", folder)
    assert default_home().path.parent == Path("/var/lib/runat")


@ONLY_ROOT
def test_a_folder_the_servers_may_not_enter_is_refused(folder: Path) -> None:
    folder.chmod(0o700)
    with pytest.raises(LauncherError, match="run as nobody, who may not enter"):
        Home(folder / "home", NOBODY).prepare()
    assert folder.stat().st_mode & 0o777 == 0o700


@ONLY_ROOT
def test_somebody_elses_folder_is_refused(folder: Path) -> None:
    os.chown(folder, NOBODY.uid, NOBODY.gid)
    with pytest.raises(LauncherError, match="belongs to user number 65534"):
        Home(folder, None).prepare()


def test_an_existing_folder_keeps_its_mode(folder: Path) -> None:
    folder.chmod(0o755)
    Home(folder, None).prepare()
    assert folder.stat().st_mode & 0o777 == 0o755


def test_secrets_are_kept_and_private(home: Home) -> None:
    secret = home.secret("postgres")
    assert home.secret("postgres") == secret
    assert home.secret("valkey") != secret
    assert stat.S_IMODE((home.path / "secrets.json").stat().st_mode) == 0o600


def test_a_home_has_one_holder(home: Home) -> None:
    with home.locked(), pytest.raises(BlockingIOError), home.locked():
        pass


def test_what_a_killed_owner_left_is_swept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home_module.tempfile, "tempdir", str(folder))
    left, held = folder / "runat-throwaway-left", folder / "runat-throwaway-held"
    for path in (left, held):
        path.mkdir()
        (path / "lock").touch()
        os.utime(path / "lock", (0, path.stat().st_mtime - 2 * SWEEP_AFTER_S))
    with Home(held, None).locked(), temporary_home() as home:
        assert not left.exists()
        assert held.exists()
    assert not home.path.exists()


def test_nothing_is_running_after_a_supervisor_died(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAT_HOME", str(home.path))
    text = '{"pid": 4194304, "started_at": "1", "web_url": "", "services": {"database_url": "", "broker_url": "", '
    home.write_private("services.json", text + '"secret_key": ""}}')
    assert running() is None


def test_services_do_not_show_their_passwords() -> None:
    assert "secret" not in repr(Services("postgresql://runat:secret@127.0.0.1/runat", "redis://:secret@h", "secret"))
