"""Mutants of forms for other departments: what is fixed stays, who may fill one in, and the limits of links."""

from verification.mutants.record import AUDITED, PERMITTED, mutant

FILLING = "jobs/transitions/forms/filling.py"
MODELS = "jobs/models/form.py"
BY_PERSON = "tests/forms/test_filling.py"
BY_LINK = "tests/forms/test_links.py"
OF_MAKERS = "tests/forms/test_links_makers.py"
AT_ONCE = "tests/concurrency/test_forms.py"

MUTANTS = (
    mutant(
        "forms: what is fixed goes over what was sent",
        PERMITTED,
        (f"{BY_PERSON}::test_nobody_gives_what_is_fixed",),
        (FILLING, '"payload": {**filled, **form.payload}', '"payload": {**form.payload, **filled}'),
    ),
    mutant(
        "forms: a group or a team of the form's",
        PERMITTED,
        (f"{BY_PERSON}::test_who_may_fill_it_in",),
        (MODELS, "return open_.filter(Q(groups__overlap=groups) | Q(teams__overlap=teams))", "return open_"),
    ),
    mutant(
        "forms: who fills it in refers to no secrets",
        PERMITTED,
        (f"{BY_PERSON}::test_who_fills_it_in_refers_to_no_secrets",),
        (FILLING, "    given.refuse_references(filled, given.FORM)\n", ""),
    ),
    mutant(
        "forms: a link's row is locked while it is used",
        PERMITTED,
        (f"{AT_ONCE}::test_who_comes_while_the_last_use_is_written_down_waits_and_is_refused",),
        (FILLING, "FormLink.objects.select_for_update(no_key=True).filter", "FormLink.objects.filter"),
    ),
    mutant(
        "forms: a link's use is counted",
        PERMITTED,
        (f"{BY_LINK}::test_uses_in_all", f"{AT_ONCE}::test_of_two_who_come_for_the_last_use_one_is_noted"),
        (FILLING, "            FormLink.objects.count_use(locked, now)\n", "            pass\n"),
    ),
    mutant(
        "forms: a link that was revoked opens nothing",
        PERMITTED,
        (f"{BY_LINK}::test_one_that_is_revoked_or_expired_opens_nothing",),
        (MODELS, "self.revoked_at is not None or self.expires_at <= now", "self.expires_at <= now"),
        (MODELS, "        if self.revoked_at is not None:\n", "        if False:\n"),
    ),
    mutant(
        "forms: whoever defined it does not approve its jobs after it was deleted",
        PERMITTED,
        (
            f"{BY_PERSON}::test_whoever_defines_it_does_not_approve_its_jobs",
            "tests/rights/test_target_rules.py::test_nor_does_he_when_the_trigger_is_not_his_any_more",
        ),
        (
            "jobs/transitions/approval.py",
            "        or Audit.objects.was_defined_by(by.pk, subject, pk, since=job.created_at)\n",
            "",
        ),
    ),
    mutant(
        "forms: a link whose maker stands for it no more opens nothing",
        PERMITTED,
        (f"{OF_MAKERS}::test_one_whose_maker_stands_for_it_no_more_opens_nothing_until_it_is_taken_over",),
        ("jobs/web/filling/pages.py", " or why_nobody_stands(link.created_by, definition)", ""),
        (FILLING, " or why_nobody_stands(link.created_by, link.form)", ""),
    ),
    mutant(
        "forms: nothing that waits for an approval comes by a link",
        PERMITTED,
        (f"{BY_LINK}::test_nothing_that_waits_for_an_approval_comes_by_a_link",),
        (FILLING, "if closed or why_not_by_links(link.form, new.payload):", "if closed:"),
    ),
    mutant(
        "forms: nor does it when he goes while it is used",
        PERMITTED,
        (f"{OF_MAKERS}::test_a_maker_who_goes_while_it_is_filled_in",),
        (FILLING, " or why_nobody_stands(link.created_by, link.form)", ""),
    ),
    mutant(
        "forms: a link whose form is deleted meanwhile is not revoked",
        PERMITTED,
        (f"{BY_LINK}::test_a_form_that_is_deleted_while_its_link_is_used_or_revoked",),
        (
            "jobs/transitions/forms/links.py",
            "if locked is None or locked.revoked_at is not None",
            "if locked.revoked_at is not None",
        ),
    ),
    mutant(
        "forms: a request without a database is said, and a link's address is not",
        PERMITTED,
        (f"{BY_LINK}::test_our_log_does_not_have_its_secret",),
        (
            "jobs/unavailable.py",
            "        emit(RequestWithoutDatabase(str(request.method), path, error))\n",
            "",
        ),
    ),
    mutant(
        "forms: a request without a database is said by its route",
        PERMITTED,
        (f"{BY_LINK}::test_our_log_does_not_have_its_secret",),
        (
            "jobs/unavailable.py",
            'f"/{match.route}" if match is not None and match.route else request.path',
            "request.path",
        ),
    ),
    mutant(
        "forms: who or which link has filled it in is written down",
        AUDITED,
        (f"{BY_LINK}::test_it_is_noted_and_nothing_else_is_told",),
        (FILLING, "asker=_ByLink(locked)", "asker=link.created_by"),
    ),
)
