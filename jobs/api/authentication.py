"""Bearer tokens. Apart from the rest, since REST framework imports it while it is being imported itself."""

from __future__ import annotations

import re
from functools import cache
from secrets import compare_digest
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import get_token_model
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed

# Token, user and the user's permissions in one round trip. `is_plain`: nothing of this user's has expired, which knox
# then removes.
ASK = """
SELECT {token}, {user},
    ARRAY(
        SELECT kind.app_label || '.' || permission.codename
        FROM auth_permission permission JOIN django_content_type kind ON kind.id = permission.content_type_id
        WHERE permission.id IN (
            SELECT permission_id FROM auth_user_user_permissions WHERE user_id = u.id
            UNION ALL
            SELECT permission_id FROM auth_group_permissions JOIN auth_user_groups USING (group_id)
            WHERE user_id = u.id
        )
    ),
    NOT EXISTS (SELECT FROM knox_authtoken other WHERE other.user_id = u.id AND other.expiry < %(now)s)
FROM knox_authtoken t JOIN auth_user u ON u.id = t.user_id
WHERE t.token_key = %(key)s
"""


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
    with connection.cursor() as cursor:
        cursor.execute(_statement(), {"key": token[: CONSTANTS.TOKEN_KEY_LENGTH], "now": timezone.now()})
        rows = cursor.fetchall()
    found = []
    for *values, permissions, is_plain in rows:
        width = len(tokens._meta.concrete_fields)
        one: Any = tokens.from_db(connection.alias, _names(tokens), values[:width])
        one.user = users.from_db(connection.alias, _names(users), values[width:])
        one.user._perm_cache = set(permissions)  # where Django's backend keeps them
        found.append((one, is_plain))
    return found


@cache
def _statement() -> str:
    columns = {
        name: ", ".join(f"{letter}.{field.column}" for field in model._meta.concrete_fields)
        for name, letter, model in (("token", "t", get_token_model()), ("user", "u", get_user_model()))
    }
    return ASK.format(**columns)


def _names(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]
