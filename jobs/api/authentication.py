"""Bearer tokens. Apart from the rest, since REST framework imports it while it is being imported itself."""

from __future__ import annotations

import re
from functools import cache
from secrets import compare_digest
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import get_token_model
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed

from project.postgresql.session import WRITABLE

if TYPE_CHECKING:
    from project.postgresql.base import DatabaseWrapper

# Token, user and the ids of the user's permissions in one round trip; with their names it took twice the planning.
# `is_plain`: nothing of this user's has expired, which knox then removes.
ASK = """
SELECT {token}, {user},
    ARRAY(
        SELECT permission_id FROM auth_user_user_permissions WHERE user_id = u.id
        UNION ALL
        SELECT permission_id FROM auth_group_permissions JOIN auth_user_groups USING (group_id) WHERE user_id = u.id
    ),
    NOT EXISTS (SELECT FROM knox_authtoken other WHERE other.user_id = u.id AND other.expiry < %(now)s),
    {writable}
FROM knox_authtoken t JOIN auth_user u ON u.id = t.user_id
WHERE t.token_key = %(key)s
"""
_permission_names: dict[int, str] = {}


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]  # knox has no types
    """Knox's tokens; what cannot be one is refused before it reaches the database."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not re.fullmatch(rb"[A-Za-z0-9_-]+", token):
            raise AuthenticationFailed("Invalid token.")
        text = token.decode()
        for found, is_plain in _found(text):
            if compare_digest(hash_token(text), found.digest):
                if is_plain:
                    return self.validate_user(found)
                break
        return super().authenticate_credentials(token)  # removes what has expired, and refuses


class BearerScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]  # registers itself, untyped
    """Description of the tokens in the schema."""

    target_class = "jobs.api.authentication.BearerAuthentication"
    name = "bearer"


def _found(token: str) -> list[tuple[Any, bool]]:
    """Return the tokens that begin as this one, each with its user, who knows his permissions, and whether it needs
    nothing of knox."""
    tokens, users = get_token_model(), get_user_model()
    asked = {"key": token[: CONSTANTS.TOKEN_KEY_LENGTH], "now": timezone.now()}
    found = []
    for *values, permissions, is_plain, _ in cast("DatabaseWrapper", connection).read_first(_statement(), asked):
        names = _names(tokens)
        one: Any = tokens.from_db(connection.alias, names, values[: len(names)])
        one.user = users.from_db(connection.alias, _names(users), values[len(names) :])
        one.user._perm_cache = _permissions(permissions)  # where Django's backend keeps them
        found.append((one, is_plain))
    return found


def _permissions(ids: list[int]) -> set[str]:
    """Return what Django calls these permissions. Their names are read once a process: no other ever gets the id of one
    that is gone."""
    if not _permission_names.keys() >= set(ids):
        rows = Permission.objects.values_list("pk", "content_type__app_label", "codename")
        _permission_names.update((pk, f"{app}.{codename}") for pk, app, codename in rows)
    return {_permission_names[pk] for pk in ids if pk in _permission_names}


@cache
def _statement() -> str:
    columns = {
        name: ", ".join(f"{letter}.{field.column}" for field in model._meta.concrete_fields)
        for name, letter, model in (("token", "t", get_token_model()), ("user", "u", get_user_model()))
    }
    return ASK.format(**columns, writable=WRITABLE)


@cache
def _names(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]
