"""Codes of an authenticator app (TOTP, RFC 6238) beside the password, and recovery codes for when it is lost."""

from __future__ import annotations

import re
from base64 import b32encode
from typing import TYPE_CHECKING, Any

import segno
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from jobs.conf import conf
from jobs.database import transaction
from jobs.rights import said

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

DIGITS = re.compile(r"[0-9]{6}")  # a recovery code has eight characters
RECOVERY_CODES = 10
ELSEWHERE = "project.account.oidc."  # who came by a provider was asked for all of this there


def is_set_up(user: AbstractBaseUser) -> bool:
    return bool(TOTPDevice.objects.devices_for_user(user, confirmed=True).exists())


def begun(user: AbstractBaseUser) -> Any:
    """Return the authenticator that waits for its first code; None where there is none."""
    return TOTPDevice.objects.devices_for_user(user, confirmed=False).order_by("-pk").first()


def begin(user: AbstractBaseUser) -> None:
    """Make a key for a new authenticator, which counts when it has been confirmed."""
    TOTPDevice.objects.devices_for_user(user, confirmed=False).delete()
    TOTPDevice.objects.create(user=user, name="authenticator", confirmed=False)


def confirm(user: AbstractBaseUser, code: str) -> Any:
    """Return the new authenticator when its code is right, from then on asked for; else None."""
    with transaction.atomic():
        said.say(user)
        device = TOTPDevice.objects.devices_for_user(user, confirmed=False).select_for_update().order_by("-pk").first()
        if device is None or is_set_up(user) or not device.verify_token(_plain(code)):
            return None
        device.confirmed = True
        device.save(update_fields=["confirmed"])
    return device


def verified(user: AbstractBaseUser, code: str) -> Any:
    """Return whose code this is, an authenticator's or a recovery code, which is used up by it; None: nobody's, or
    one came too soon after a wrong one."""
    given = _plain(code)
    model = TOTPDevice if DIGITS.fullmatch(given) else StaticDevice
    with transaction.atomic():
        for device in model.objects.devices_for_user(user, confirmed=True).select_for_update():
            if device.verify_token(given):
                return device
    return None


def new_recovery_codes(user: AbstractBaseUser) -> list[str]:
    """Replace the recovery codes. They are shown once."""
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        StaticDevice.objects.devices_for_user(user).delete()
        device = StaticDevice.objects.create(user=user, name="recovery codes")
        StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def recovery_codes_left(user: AbstractBaseUser) -> int:
    return int(StaticToken.objects.filter(device__in=StaticDevice.objects.devices_for_user(user)).count())


def remove(user: AbstractBaseUser, *, by: object, reason: str = "") -> bool:
    """Forget authenticator and recovery codes. Returns whether there was one."""
    with transaction.atomic():
        said.say(by, reason)
        had, _ = TOTPDevice.objects.devices_for_user(user).delete()
        StaticDevice.objects.devices_for_user(user).delete()
    return bool(had)


def is_demanded(request: HttpRequest) -> bool:
    """Return whether this person may go on only with a code, and has come without one."""
    if not conf().staff_need_totp or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    if DEVICE_ID_SESSION_KEY in request.session or not getattr(request.user, "is_staff", False):
        return False
    return not str(request.session.get(BACKEND_SESSION_KEY, "")).startswith(ELSEWHERE)


def picture(device: Any) -> SafeString:
    """Return the QR code that an app reads, as SVG: dark on light in every theme, since cameras want that."""
    code = segno.make(device.config_url, error="m")
    return mark_safe(code.svg_inline(scale=5, dark="#000", light="#fff"))  # noqa: S308 - made of squares


def key_in_groups(device: Any) -> str:
    """Return the key for those who type it: base32, in groups of four."""
    return " ".join(re.findall(".{1,4}", b32encode(device.bin_key).decode().rstrip("=")))


def _plain(code: str) -> str:
    return re.sub(r"[\s-]", "", code).lower()
