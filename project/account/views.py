"""Pages of the login, of a forgotten password, and of one's own authenticator."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode, urlsplit

import django_otp
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from jobs.api.problems import CONTENT_TYPE, Problem
from jobs.conf import conf
from jobs.database import transaction
from jobs.models import Preference
from jobs.rights import said
from jobs.web.addresses import here
from jobs.web.appearance.person import preference_of
from project import noted
from project.account import totp
from project.account.forms import WRONG_CODE, CodeForm, LoginForm, ResetForm
from project.account.oidc_settings import PROVIDER

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

log = logging.getLogger("project.account")
DEMANDED = "Whoever may enter the admin needs an authenticator here, and this session has come without its code."
OPEN = ("/account/", "/logout/", "/login/", "/static/")  # what remains when a code is demanded


class Login(views.LoginView):
    """The one login: of pages, of the admin, and by its session of REST."""

    template_name = "login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        user = form.get_user()
        how = "By password and code." if getattr(user, "otp_device", None) is not None else "By password."
        noted.logged_in(self.request, user, how)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        name = conf().oidc_name if conf().oidc_issuer else ""
        return super().get_context_data(**kwargs, can_mail=settings.CAN_MAIL, sso=name, provider=PROVIDER)


def admin_login(request: HttpRequest) -> HttpResponse:
    """Lead to the login from where the admin has its own; say so to those who are logged in and may not enter."""
    if request.user.is_authenticated:
        refusal = (
            f"The admin is for staff, which the user '{request.user.get_username()}' is not. An administrator can "
            "change that in the admin under Users."
        )
        return render(request, "jobs/refused.html", {"refusal": refusal}, status=403)
    target = request.GET.get("next") or reverse("admin:index")
    return redirect(f"{reverse('login')}?{urlencode({'next': target}, safe='/')}")


class Reset(views.PasswordResetView):
    """Page on which people ask for a mail. The answer is the same whether there is such a person."""

    template_name = "account/reset.html"
    email_template_name = "account/reset_mail.txt"
    subject_template_name = "account/reset_subject.txt"
    form_class = ResetForm
    success_url = reverse_lazy("password_reset_done")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.CAN_MAIL:
            raise Http404("EMAIL_URL is not set: no mail can be sent from here.")
        if conf().public_url:
            public = urlsplit(conf().public_url)
            self.extra_email_context = {"protocol": public.scheme, "domain": public.netloc}
        return super().dispatch(request, *args, **kwargs)


class ResetConfirm(views.PasswordResetConfirmView):
    """Page that a mail leads to. It logs nobody in: who has an authenticator gives its code at the login."""

    template_name = "account/reset_confirm.html"
    success_url = reverse_lazy("login")

    def form_valid(self, form: Any) -> HttpResponse:
        log.info("%s has a new password, by a mail", form.user.get_username())
        messages.success(self.request, "Your new password is kept. Log in with it.")
        with transaction.atomic():
            said.say(form.user, "By a mail that was sent to that person.")
            return super().form_valid(form)


class Change(views.PasswordChangeView):
    template_name = "account/change.html"
    success_url = reverse_lazy("account")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "Your new password is kept.")
        with transaction.atomic():
            said.say(self.request.user)
            return super().form_valid(form)


@require_safe
@never_cache
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """`/account/`: one's own password and authenticator."""
    return _page(request, CodeForm())


@require_POST
@login_required
def begin(request: HttpRequest) -> HttpResponse:
    """Make a key, to be put into an app and confirmed."""
    if not totp.is_set_up(_person(request)):
        totp.begin(_person(request))
    return redirect("account")


@require_POST
@never_cache
@login_required
def confirm(request: HttpRequest) -> HttpResponse:
    """Take the first code of a new authenticator; the recovery codes are shown this once."""
    form = CodeForm(request.POST)
    if form.is_valid():
        device = totp.confirm(_person(request), form.cleaned_data["code"])
        if device is not None:
            django_otp.login(request, device)
            request.session.cycle_key()
            log.info("%s has set up an authenticator", request.user.get_username())
            return _recovery(request)
        form.add_error("code", WRONG_CODE)
    return _page(request, form)


@require_POST
@never_cache
@login_required
def renew(request: HttpRequest) -> HttpResponse:
    """Replace the recovery codes, against a code."""
    return _against_code(request, _recovery)


@require_POST
@never_cache
@login_required
def remove(request: HttpRequest) -> HttpResponse:
    """Remove the authenticator, against a code."""

    def removed(request: HttpRequest) -> HttpResponse:
        totp.remove(_person(request), by=request.user)
        request.session.pop(django_otp.DEVICE_ID_SESSION_KEY, None)
        log.info("%s has removed the own authenticator", request.user.get_username())
        messages.success(request, "The authenticator is removed: your password alone lets you in.")
        return redirect("account")

    return _against_code(request, removed)


def demand(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: where JOBS_STAFF_NEED_TOTP says so, staff without a code gets no further than to setting it up."""

    def respond(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(OPEN) or not totp.is_demanded(request):
            return get_response(request)
        if request.path.startswith(here("/api/")):
            problem = Problem(403, "code-needed", f"{DEMANDED} Set it up at {reverse('account')}, or log in with it.")
            return JsonResponse(problem.body(), status=problem.status, content_type=CONTENT_TYPE)
        return redirect("account")

    return respond


def _against_code(request: HttpRequest, do: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    form = CodeForm(request.POST)
    if form.is_valid():
        if totp.verified(_person(request), form.cleaned_data["code"]) is not None:
            return do(request)
        form.add_error("code", WRONG_CODE)
    return _page(request, form)


def _recovery(request: HttpRequest) -> HttpResponse:
    return render(request, "account/recovery.html", {"codes": totp.new_recovery_codes(_person(request))})


def _page(request: HttpRequest, form: CodeForm) -> HttpResponse:
    person = _person(request)
    is_set_up = totp.is_set_up(person)
    device = None if is_set_up else totp.begun(person)
    known = preference_of(person) or Preference()
    context = {
        "form": form,
        "is_set_up": is_set_up,
        "codes_left": totp.recovery_codes_left(person) if is_set_up else 0,
        "key": totp.key_in_groups(device) if device else "",
        "picture": totp.picture(device) if device else "",
        "demanded": DEMANDED if totp.is_demanded(request) else "",
        "has_password": person.has_usable_password(),
        "time_zone": known.time_zone,
        "browser_zone": known.browser_zone,
    }
    return render(request, "account/account.html", context)


def _person(request: HttpRequest) -> AbstractBaseUser:
    return cast("AbstractBaseUser", request.user)
