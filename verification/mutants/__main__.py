"""Mutation evidence: each line that carries a guarantee is taken away in a copy of the tree; a test must notice.

    python -m verification.mutants [words of names]      needs DATABASE_URL and BROKER_URL, as the tests do

Exit code 1 when a mutant survives, when its text is no longer found once, or when the tests fail without it.
"""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from queue import SimpleQueue
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from verification.mutants import MUTANTS, Edit, Mutant

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("jobs", "project", "launcher", "verification", "templates", "tests", "docs", "manage.py", "pyproject.toml")
AT_A_TIME = 2
PATIENCE = 120.0  # seconds: a mutant that makes the tests hang has been noticed
PATIENCE_WITHOUT = 1200.0  # seconds for all tests of all mutants
TEMPLATE = "_mutants"  # the database whose migrations have run, which each mutant's tests get a copy of

TESTS_PASSED, TESTS_FAILED = 0, 1  # pytest's exit codes; all others say that it could not ask


@dataclass(frozen=True)
class Verdict:
    """Result for one mutant; `why` is a line for the table."""

    fine: bool
    word: str
    why: str
    seconds: float


class Bench:
    """A place for one run at a time: its own copy of the tree, test database and broker database."""

    def __init__(self, folder: Path, number: int) -> None:
        self.tree = folder / f"tree{number}"
        self.database = _renamed(os.environ["DATABASE_URL"], f"_mutants{number}")
        self.environment = {
            **os.environ,
            "DATABASE_URL": self.database,
            # The second lives where a second test process would: see tests/parallel.py.
            "PYTEST_XDIST_WORKER": f"gw{number}",
        }
        self._originals: dict[Path, str] = {}
        self.tree.mkdir()
        for name in COPIED:
            if (source := ROOT / name).is_dir():
                shutil.copytree(source, self.tree / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, self.tree / name)
        # Compiled once, and compared by content: an edit within the same second counts, too.
        compileall.compile_dir(self.tree, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)

    def apply(self, edits: tuple[Edit, ...]) -> str:
        """Make the changes. Returns what is wrong with the first that does not fit, or nothing."""
        for edit in edits:
            file = self.tree / edit.file
            text = file.read_text()
            if (count := text.count(edit.old)) != 1:
                return f"{edit.file} has its text {count} times: {edit.old.strip().splitlines()[0]}"
            self._originals.setdefault(file, text)
            file.write_text(text.replace(edit.old, edit.new))
        return ""

    def restore(self) -> None:
        """Undo the edits. What the checkout has by now does not matter."""
        while self._originals:
            file, text = self._originals.popitem()
            file.write_text(text)

    def test(self, tests: tuple[str, ...], *, migrate: bool = False, patience: float = PATIENCE) -> tuple[int, str]:
        """Run tests until the first failure. Returns pytest's exit code (TESTS_FAILED when they hang) and words."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider"]
        command += ["--force-reruns", "0"]  # one failure has noticed it
        command.append("--create-db" if migrate else "--reuse-db")
        copy_template(self.database)
        try:
            done = subprocess.run(
                [*command, *tests],
                cwd=self.tree,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=patience,
            )
        except subprocess.TimeoutExpired:
            return TESTS_FAILED, f"FAILED tests/::they hung for {patience:g} s"
        return done.returncode, done.stdout + done.stderr


def _renamed(url: str, suffix: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=(parts.path.rstrip("/") or "/postgres") + suffix))


def _execute(*statements: SQL | Composed) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def make_template() -> None:
    """Run the migrations once for all mutants but those of a migration."""
    url = _renamed(os.environ["DATABASE_URL"], TEMPLATE)
    name = Identifier(urlsplit(url).path.strip("/"))
    _execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name), SQL("CREATE DATABASE {}").format(name))
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, check=True)


def copy_template(url: str) -> None:
    """Give the tests that run with this DATABASE_URL a new test database."""
    name = Identifier("test_" + urlsplit(url).path.strip("/"))
    template = Identifier(urlsplit(_renamed(os.environ["DATABASE_URL"], TEMPLATE)).path.strip("/"))
    _execute(
        SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name),
        SQL("CREATE DATABASE {} TEMPLATE {}").format(name, template),
    )


def judge(mutant: Mutant, bench: Bench) -> Verdict:
    begun = time.monotonic()

    def verdict(fine: bool, word: str, why: str) -> Verdict:
        return Verdict(fine, word, why, time.monotonic() - begun)

    try:
        if problem := bench.apply(mutant.edits):
            return verdict(False, "STALE", problem)
        code, output = bench.test(mutant.tests, migrate=any("/migrations/" in edit.file for edit in mutant.edits))
    finally:
        bench.restore()
    if code == TESTS_PASSED:
        return verdict(False, "SURVIVED", f"{' '.join(mutant.tests)} passed without it")
    noticed = _first_failure(output)
    if code != TESTS_FAILED or not noticed:
        return verdict(False, "BROKEN", f"pytest ended with {code}: {output.strip().splitlines()[-1:]}")
    return verdict(True, "killed", noticed)


def _first_failure(output: str) -> str:
    for line in output.splitlines():
        if line.startswith(("FAILED tests/", "ERROR tests/")) and "::" in line:  # without: a file cannot be imported
            return line.split(" - ")[0].rpartition("::")[2]
    return ""


def baseline(bench: Bench, mutants: tuple[Mutant, ...]) -> str:
    """Run the tests without any change and return what failed: while one fails, failures of mutants prove nothing."""
    tests = tuple(sorted({test for mutant in mutants for test in mutant.tests}))
    code, output = bench.test(tests, patience=PATIENCE_WITHOUT)
    return "" if code == TESTS_PASSED else output


def main(words: list[str]) -> int:
    chosen = tuple(m for m in MUTANTS if all(word in m.name for word in words))
    if not chosen:
        print(f"no mutant has {' and '.join(words)} in its name", file=sys.stderr)
        return 1
    begun, width = time.monotonic(), 2 + max(len(mutant.name) for mutant in chosen)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ThreadPoolExecutor(AT_A_TIME) as pool:
        make_template()
        free: SimpleQueue[Bench] = SimpleQueue()
        for number in range(AT_A_TIME):
            free.put(Bench(Path(folder), number))

        def in_turn(mutant: Mutant) -> Verdict:
            bench = free.get()
            try:
                return judge(mutant, bench)
            finally:
                free.put(bench)

        first = free.get()
        failed = baseline(first, chosen)
        free.put(first)
        if failed:
            print(f"the tests fail without any mutant:\n{failed}", file=sys.stderr)
            return 1
        bad = 0
        for mutant, verdict in zip(chosen, pool.map(in_turn, chosen), strict=True):
            bad += not verdict.fine
            what = f"{verdict.word:<9}{mutant.guarantee:<16}{mutant.name:<{width}}"
            print(f"{what}{verdict.seconds:5.1f} s  {verdict.why}", flush=True)
    print(f"{len(chosen) - bad} of {len(chosen)} mutants killed in {time.monotonic() - begun:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
