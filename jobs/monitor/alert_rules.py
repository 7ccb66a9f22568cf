"""The pages below `/alerts/rules/`: whom one's own rules tell of what, and the form of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.clock import clock
from jobs.models import AlertRule
from jobs.models.described import definition_tag
from jobs.monitor.access import page
from jobs.permissions import ADD_JOB, VIEW_ALERT, why_refused
from jobs.rights import reach_of
from jobs.rights.alert_rules import MAKE, may_change
from jobs.rights.seeing import not_of_theirs
from jobs.transitions import alert_rules, definitions
from jobs.transitions.stale import Stale
from jobs.web.alert_rule_form import AlertRuleForm
from jobs.web.lists import ListPage
from jobs.web.refused import refuse
from jobs.web.seen import CHANGED, SEEN, seen_in

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

ABOUT = ("kind", "name", "when")  # what an address of the form may say


LIST = ListPage(
    "alert-rules",
    {
        "id": lambda rule: rule.pk,
        "kind": lambda rule: rule.kind,
        "of": lambda rule: rule.name,
        "tell_when": lambda rule: rule.get_when_display(),
        "seconds": lambda rule: rule.seconds,
        "by_time": lambda rule: rule.by_time,
        "time_zone": lambda rule: rule.time_zone if rule.by_time else None,
        "enabled": lambda rule: rule.enabled,
        "whom": lambda rule: [one.name for one in rule.destinations.all()],
        "whose": lambda rule: rule.whose,
    },
)


@require_safe
@page
@LIST
def rule_list(request: HttpRequest) -> HttpResponse:
    """Show the rules that this person sees."""
    if not any(request.user.has_perm(one) for one in (VIEW_ALERT, ADD_JOB)):
        return refuse(request, why_refused(request.user, VIEW_ALERT))
    rules = AlertRule.objects.within(reach_of(request.user)).for_people()[: alert_rules.MOST]
    lines = [(rule, may_change(request.user, rule)) for rule in rules]
    facts = {"lines": lines, "may_make": _may_make(request)}
    return LIST.show(request, "jobs/monitor/alert_rules.html", facts, lambda: list(rules))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def new_rule(request: HttpRequest) -> HttpResponse:
    """Show the form of a new rule, or make it. The address may say what it is about: `?kind=job&name=17`."""
    if not _may_make(request):
        return refuse(request, why_refused(request.user, MAKE[0]))
    by = cast("AbstractBaseUser", request.user)
    if request.method != "POST":
        about = {name: request.GET[name] for name in ABOUT if name in request.GET}
        return _shown(request, AlertRuleForm(by=by, initial=about))
    form = AlertRuleForm(request.POST, by=by)
    if form.is_valid():
        try:
            made = alert_rules.make(**form.cleaned_data, by=by, now=clock.current())
        except ValidationError as error:
            form.blame(error)
        except PermissionDenied as error:
            return refuse(request, str(error))
        else:
            messages.success(request, f"{made}: {made.whose} will be told.")
            return redirect("alert-rules")
    return _shown(request, form, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def rule_page(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Show the form of a rule, or change it."""
    found = _touched(request, rule_id)
    if isinstance(found, HttpResponse):
        return found
    by = cast("AbstractBaseUser", request.user)
    if request.method != "POST":
        return _shown(request, AlertRuleForm(by=by, rule=found), found)
    form = AlertRuleForm(request.POST, by=by, rule=found)
    if form.is_valid():
        try:
            alert_rules.change(found, form.cleaned_data, by=by, now=clock.current(), seen=seen_in(request))
        except Stale:
            form.add_error(None, CHANGED)
        except ValidationError as error:
            form.blame(error)
        else:
            messages.success(request, f"{found}: changed.")
            return redirect("alert-rules")
    return _shown(request, form, found, status=400)


@require_POST
@page
def delete_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Delete a rule. Whoever was told that something has happened is told its end."""
    found = _touched(request, rule_id)
    if isinstance(found, HttpResponse):
        return found
    said = str(found)
    definitions.forget(found, by=cast("AbstractBaseUser", request.user), now=clock.current())
    messages.success(request, f"{said}: nobody is told any more.")
    return redirect("alert-rules")


def _may_make(request: HttpRequest) -> bool:
    return any(request.user.has_perm(one) for one in MAKE)


def _touched(request: HttpRequest, rule_id: int) -> AlertRule | HttpResponse:
    """Return the rule, or the answer for somebody who may not change it. Raises Http404 where there is none that this
    person sees."""
    if not _may_make(request):
        return refuse(request, why_refused(request.user, MAKE[0]))
    rule = AlertRule.objects.within(reach_of(request.user)).for_people().filter(pk=rule_id).first()
    if rule is None:
        raise Http404(f"There is no rule {rule_id}.")
    return rule if may_change(request.user, rule) else refuse(request, not_of_theirs(f"The rule {rule_id}"))


def _shown(request: HttpRequest, form: AlertRuleForm, rule: Any = None, *, status: int = 200) -> HttpResponse:
    seen = request.POST.get(SEEN, "") if request.method == "POST" else "" if rule is None else definition_tag(rule)
    return render(request, "jobs/alert_rule.html", {"form": form, "rule": rule, SEEN: seen}, status=status)
