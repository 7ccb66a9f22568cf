"""What is accepted: the same request once, each number as it was written, and no request at any cost."""

from scripts.mutations.record import ACCEPTED, ON_TIME, mutant

EXACT = "jobs/exactjson.py"
ASKED = "jobs/rules/asked.py"
CREATION = "jobs/transitions/creation.py"
BATCHES = "jobs/transitions/batches.py"
BODY = "project/web/body.py"
SERVER = "project/web/server.py"
NUMBERS = ("tests/api/test_exact_numbers.py",)
REPEATS = ("tests/api/test_idempotency.py",)
BODIES = ("tests/web/test_body.py",)
CONNECTIONS = ("tests/web/test_timed_protocol.py",)

MUTANTS = (
    mutant(
        "numbers: as the caller wrote them",
        ACCEPTED,
        NUMBERS,
        (EXACT, "return json.loads(text, parse_float=Decimal)", "return json.loads(text)"),
    ),
    mutant(
        "numbers: as the database has them",
        ACCEPTED,
        NUMBERS,
        (EXACT, '{**options, "parse_float": Decimal}', "options"),
    ),
    mutant(
        "numbers: a target gets a float only where that is the number",
        ACCEPTED,
        NUMBERS,
        (EXACT, "return number if nearest or Decimal(repr(number)) == value else value", "return number"),
    ),
    mutant(
        "numbers: none that takes the room of thousands",
        ON_TIME,
        NUMBERS,
        ("jobs/rules/problems.py", "long = any(_digits(number) > MOST_DIGITS", "long = any(_digits(number) < 0"),
    ),
    mutant(
        "repeat: only of the same request",
        ACCEPTED,
        REPEATS,
        (CREATION, "return job.idempotency_digest == asked", "return True"),
    ),
    mutant(
        "repeat: of a bulk all jobs count",
        ACCEPTED,
        REPEATS,
        (ASKED, '"jobs": [_asked(job) for job in jobs]', '"jobs": [_asked(job) for job in jobs[:1]]'),
    ),
    mutant(
        "repeat: the time that was asked for counts",
        ACCEPTED,
        REPEATS,
        (ASKED, "    if job.asked_at is not None:\n", "    if False:\n"),
    ),
    mutant(
        "repeat: a request that names no time is the same later",
        ACCEPTED,
        REPEATS,
        (ASKED, "    if job.asked_at is not None:\n        asked", "    if True:\n        asked"),
        (ASKED, "job.asked_at.astimezone", "job.run_at.astimezone"),
    ),
    mutant(
        "repeat: the calendar counts",
        ACCEPTED,
        REPEATS,
        (ASKED, "    if job.bound.calendar_id is not None:\n", "    if False:\n"),
    ),
    mutant(
        "repeat: a number is the same however it is held",
        ACCEPTED,
        NUMBERS,
        (ASKED, "whole = exactjson.with_floats(", "whole = dict("),
    ),
    mutant(
        "repeat: a field that is added later changes no digest of before",
        ACCEPTED,
        REPEATS,
        (ASKED, "if name not in defaults or value != defaults[name]}", "}"),
    ),
    mutant(
        "repeat: a batch is compared as a whole",
        ACCEPTED,
        REPEATS,
        (BATCHES, "batch=self.name, callback=last)", "batch=self.name)"),
    ),
    mutant(
        "door: a body has a size",
        ON_TIME,
        BODIES,
        (BODY, "    if limit is not None and max(came, announced) > limit:\n", "    if False:\n"),
    ),
    mutant(
        "door: what is too large is not kept",
        ON_TIME,
        BODIES,
        (BODY, "if limit is None or max(came, announced) <= limit:", "if True:"),
    ),
    mutant("door: nor read for ever", ON_TIME, BODIES, (BODY, "elif came > DISCARDED:", "elif False:")),
    mutant(
        "door: a body has a time",
        ON_TIME,
        BODIES,
        (BODY, "async with asyncio.timeout(BODY_S):", "async with asyncio.timeout(None):"),
    ),
    mutant(
        "door: half a body is no request",
        ACCEPTED,
        BODIES,
        (BODY, "            raise Gone\n", "            break\n"),
    ),
    mutant(
        "door: headers have a time",
        ON_TIME,
        CONNECTIONS,
        (SERVER, "self._late = self.loop.call_later(HEADERS_S, self._give_up)", "pass"),
    ),
    mutant(
        "door: a byte now and then does not help",
        ON_TIME,
        CONNECTIONS,
        (
            SERVER,
            "        super().data_received(data)\n",
            "        super().data_received(data)\n"
            "        if self._late is not None:\n            self._late.cancel()\n            self._late = None\n",
        ),
    ),
    mutant(
        "door: who waits for an answer is not cut off",
        ACCEPTED,
        CONNECTIONS,
        (SERVER, "        if is_answering and self._late is not None:", "        if False:"),
    ),
    mutant(
        "door: who takes nothing of its answer is cut off",
        ON_TIME,
        CONNECTIONS,
        (SERVER, "self._unread = self.loop.call_later(READER_S, self.transport.abort)", "pass"),
    ),
    mutant(
        "door: who takes it after all is not",
        ACCEPTED,
        CONNECTIONS,
        (SERVER, "            self._unread.cancel()\n", "            pass\n"),
    ),
    mutant(
        "door: headers have a size",
        ON_TIME,
        CONNECTIONS,
        (SERVER, "_size=HEADERS_BYTES,", "_size=100 * HEADERS_BYTES,"),
    ),
)
