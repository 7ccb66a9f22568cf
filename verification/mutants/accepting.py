"""Mutants of accepting jobs: the same request once, each number as it was written, and no request at any cost."""

from verification.mutants.record import ACCEPTED, ON_TIME, mutant

EXACT = "jobs/exactjson.py"
ASKED = "jobs/rules/asked.py"
CREATION = "jobs/transitions/creation/__init__.py"
BATCHES = "jobs/transitions/batches.py"
BODY = "project/web/body.py"
SERVER = "project/web/server.py"
REPEATS = "jobs/transitions/schedules/repeats.py"

MUTANTS = (
    mutant(
        "numbers: as the caller wrote them",
        ACCEPTED,
        ("tests/api/test_exact_numbers.py::test_from_a_request_through_the_database_to_the_answer",),
        (EXACT, "return json.loads(text, parse_float=Decimal)", "return json.loads(text)"),
    ),
    mutant(
        "numbers: as the database has them",
        ACCEPTED,
        ("tests/api/test_exact_numbers.py::test_from_a_request_through_the_database_to_the_answer",),
        (EXACT, '{**options, "parse_float": Decimal}', "options"),
    ),
    mutant(
        "numbers: a target gets a float only where that is the number",
        ACCEPTED,
        (
            "tests/api/test_exact_numbers.py::test_a_target_is_given_floats_where_they_hold_the_number_and_decimals_where_not",
        ),
        (EXACT, "return number if nearest or Decimal(repr(number)) == value else value", "return number"),
    ),
    mutant(
        "numbers: none that takes the room of thousands",
        ON_TIME,
        ("tests/api/test_exact_numbers.py::test_a_number_that_takes_too_much_room_is_refused",),
        ("jobs/rules/problems.py", "long = any(_digits(number) > MOST_DIGITS", "long = any(_digits(number) < 0"),
    ),
    mutant(
        "repeat: only of the same request",
        ACCEPTED,
        ("tests/api/test_idempotency.py::test_a_key_used_for_another_job_is_refused",),
        (CREATION, "return job.idempotency_digest == asked", "return True"),
    ),
    mutant(
        "repeat: of a bulk all jobs count",
        ACCEPTED,
        ("tests/api/test_idempotency.py::test_a_bulk_that_has_become_shorter_or_longer_is_another",),
        (ASKED, '"jobs": [_asked(job) for job in jobs]', '"jobs": [_asked(job) for job in jobs[:1]]'),
    ),
    mutant(
        "repeat: the time that was asked for counts",
        ACCEPTED,
        ("tests/api/test_idempotency.py::test_the_same_key_with_anything_else_is_refused",),
        (ASKED, "    if job.asked_at is not None:\n", "    if False:\n"),
    ),
    mutant(
        "repeat: a request that names no time is the same later",
        ACCEPTED,
        ("tests/api/test_idempotency.py::test_a_batch_is_compared_as_a_whole",),
        (ASKED, "    if job.asked_at is not None:\n        asked", "    if True:\n        asked"),
        (ASKED, "job.asked_at.astimezone", "job.run_at.astimezone"),
    ),
    mutant(
        "repeat: the calendar counts",
        ACCEPTED,
        ("tests/api/test_idempotency.py::test_the_same_key_under_another_calendar_is_refused",),
        (ASKED, "    if job.bound.calendar_id is not None:\n", "    if False:\n"),
    ),
    mutant(
        "repeat: a number is the same however it is held",
        ACCEPTED,
        ("tests/api/test_exact_numbers.py::test_a_payload_that_was_repeated_is_the_same_payload",),
        (ASKED, "whole = exactjson.with_floats(", "whole = dict("),
    ),
    mutant(
        "repeat: a field that is added later changes no digest of before",
        ACCEPTED,
        (
            "tests/api/test_idempotency.py::test_a_field_that_a_later_version_adds_is_the_same_request_where_it_is_not_used",
        ),
        (ASKED, "if value != defaults[name]}", "}"),
    ),
    mutant(
        "repeat: a batch is compared as a whole",
        ACCEPTED,
        ("tests/api/test_idempotency.py::test_a_batch_is_compared_as_a_whole",),
        (BATCHES, "batch=self.name, callback=last)", "batch=self.name)"),
    ),
    mutant(
        "repeat: a schedule of the same key is made once",
        ACCEPTED,
        ("tests/api/test_schedules_once.py::test_a_repeat_gets_the_earlier_schedule",),
        (REPEATS, "        return found\n", "        return None\n"),
    ),
    mutant(
        "repeat: another request for a schedule with the same key is refused",
        ACCEPTED,
        ("tests/api/test_schedules_once.py::test_the_same_key_with_anything_else_is_refused",),
        (REPEATS, "if found is not None and found.idempotency_digest != self.digest:", "if False:"),
    ),
    mutant(
        "repeat: keys are each caller's own",
        ACCEPTED,
        ("tests/api/test_schedules_once.py::test_each_caller_has_keys_of_his_own",),
        (REPEATS, "filter(idempotency_by_id=self.by_id, idempotency_key", "filter(idempotency_key"),
    ),
    mutant(
        "door: a body has a size",
        ON_TIME,
        ("tests/web/test_body.py::test_of_one_that_is_too_large_no_more_is_kept_than_the_limit",),
        (BODY, "    if limit is not None and max(came, announced) > limit:\n", "    if False:\n"),
    ),
    mutant(
        "door: what is too large is not kept",
        ON_TIME,
        ("tests/web/test_body.py::test_of_one_that_is_too_large_no_more_is_kept_than_the_limit",),
        (BODY, "if limit is None or max(came, announced) <= limit:", "if True:"),
    ),
    mutant(
        "door: nor read for ever",
        ON_TIME,
        ("tests/web/test_body.py::test_one_that_does_not_end_is_not_read_for_ever",),
        (BODY, "elif came > DISCARDED:", "elif False:"),
    ),
    mutant(
        "door: a body has a time",
        ON_TIME,
        ("tests/web/test_body.py::test_one_that_does_not_come_is_given_up",),
        (BODY, "async with asyncio.timeout(BODY_S):", "async with asyncio.timeout(None):"),
    ),
    mutant(
        "door: half a body is no request",
        ACCEPTED,
        ("tests/web/test_body.py::test_one_whose_caller_hangs_up_is_no_request",),
        (BODY, "            raise Gone\n", "            break\n"),
    ),
    mutant(
        "door: headers have a time",
        ON_TIME,
        ("tests/web/test_timed_protocol.py::test_who_says_nothing_is_told_and_cut_off",),
        (SERVER, "self._late = self.loop.call_later(HEADERS_S, self._give_up)", "pass"),
    ),
    mutant(
        "door: a byte now and then does not help",
        ON_TIME,
        ("tests/web/test_timed_protocol.py::test_a_byte_now_and_then_does_not_help",),
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
        ("tests/web/test_timed_protocol.py::test_who_waits_for_an_answer_is_not_cut_off",),
        (SERVER, "        if is_answering and self._late is not None:", "        if False:"),
    ),
    mutant(
        "door: who takes nothing of its answer is cut off",
        ON_TIME,
        ("tests/web/test_timed_protocol.py::test_who_takes_nothing_of_its_answer_is_cut_off",),
        (SERVER, "self._unread = self.loop.call_later(READER_S, self.transport.abort)", "pass"),
    ),
    mutant(
        "door: who takes it after all is not",
        ACCEPTED,
        ("tests/web/test_timed_protocol.py::test_who_takes_it_in_the_end_gets_all_of_it_and_the_next",),
        (SERVER, "            self._unread.cancel()\n", "            pass\n"),
    ),
    mutant(
        "door: headers have a size",
        ON_TIME,
        ("tests/web/test_timed_protocol.py::test_headers_that_are_too_large_are_refused",),
        (SERVER, "_size=HEADERS_BYTES,", "_size=100 * HEADERS_BYTES,"),
    ),
    mutant(
        "door: no answer waits for its caller's acknowledgement",
        ON_TIME,
        (
            "tests/web/test_timed_protocol.py::test_an_answers_body_does_not_wait_until_its_caller_acknowledges_its_head",
        ),
        (SERVER, "            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)\n", "            pass\n"),
    ),
)
