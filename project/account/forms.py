"""Forms of the login, and of a forgotten password."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm
from django.contrib.auth.signals import user_login_failed
from django.core.cache import cache
from django.core.exceptions import ValidationError

from project import noted
from project.account import totp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.auth.models import User

NO_CODE = "This user has an authenticator: give its code too, or a recovery code."
WRONG_CODE = "This code is not right, or was used before. Wait for the next one; after several, for some seconds."
MAIL_EVERY_S = 300  # seconds between two mails to a person


class CodeField(forms.CharField):
    """Field for a code of an authenticator, or a recovery code."""

    def __init__(self, **options: Any) -> None:
        attributes = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(max_length=32, widget=forms.TextInput(attrs=attributes), **options)


class LoginForm(AuthenticationForm):
    """Django's, with the code. A wrong one counts as a wrong password does: both are guesses."""

    code = CodeField(
        required=False, label="Code", help_text="Of your authenticator, if you have one; or a recovery code."
    )

    def confirm_login_allowed(self, user: User) -> None:
        """Ask for the code where there is an authenticator. Raises ValidationError."""
        super().confirm_login_allowed(user)
        if not totp.is_set_up(user):
            return
        code = self.cleaned_data.get("code", "")
        if not code:
            raise ValidationError(NO_CODE)
        device = totp.verified(user, code)
        if device is None:
            credentials = {"username": self.cleaned_data["username"]}
            user_login_failed.send(sender=__name__, credentials=credentials, request=self.request)
            raise ValidationError(WRONG_CODE)
        user.otp_device = device  # type: ignore[attr-defined]  # django-otp notes it in the session


class ResetForm(PasswordResetForm):
    """Django's. Mails go out in a thread of their own: how long the answer takes does not tell whether there is such a
    user, and a slow mail server holds no thread of web. A person gets one in MAIL_EVERY_S."""

    def save(self, *args: Any, **options: Any) -> None:
        self.asked_in = options.get("request")
        super().save(*args, **options)

    def get_users(self, email: str) -> Iterator[User]:
        found = list(super().get_users(email))
        for name in [user.get_username() for user in found] or [""]:
            noted.password_asked(self.asked_in, name)
        return (user for user in found if cache.add(f"reset-{user.pk}", True, MAIL_EVERY_S))

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        threading.Thread(target=super().send_mail, args=args, kwargs=kwargs, name="mail", daemon=True).start()


class CodeForm(forms.Form):
    """Form for a code."""

    code = CodeField(label="Code")
