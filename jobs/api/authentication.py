"""Bearer tokens. Apart from the rest, since REST framework imports it while it is being imported itself."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import get_token_model
from rest_framework.exceptions import AuthenticationFailed

from jobs.database import connection
from jobs.models import Token
from jobs.models.accounts import names
from jobs.postgresql.session import WRITABLE
from jobs.rights.reach import STANDING, keep, made_of
from jobs.tokens.scopes import narrow
from jobs.tokens.uses import uses

if TYPE_CHECKING:
    from jobs.postgresql.base import DatabaseWrapper

# Token, user, the ids of the user's permissions and the teams in one round trip; with the names of permissions it took
# twice the planning.
ASK = """
SELECT {credential}, {token}, {user},
    ARRAY(
        SELECT permission_id FROM {user_permissions} WHERE {user_of_permission} = u.{key}
        UNION ALL
        SELECT permission_id FROM auth_group_permissions JOIN {user_groups} USING (group_id)
        WHERE {user_of_group} = u.{key}
    ),
    {standing},
    statement_timestamp(),
    {writable}
FROM knox_authtoken c JOIN jobs_token t ON t.credential_id = c.digest JOIN {users} u ON u.{key} = c.user_id
WHERE c.digest = %(digest)s
"""
_permission_names: dict[int, str] = {}


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]  # knox has no types
    """Knox's tokens, with scopes; what cannot be one is refused before it reaches the database."""

    def authenticate_header(self, request: Any) -> str:
        """Return the word before a token: ours, whatever a project's own tokens have."""
        return "Bearer"

    def authenticate_credentials(self, token: bytes) -> Any:
        """Return user and token. The user has the rights that both have, `user.token` says of which token.

        Raises AuthenticationFailed, for whoever holds a token that was one with the reason.
        """
        if not re.fullmatch(rb"[A-Za-z0-9_-]+", token):
            raise AuthenticationFailed("Invalid token.")
        asked = {"digest": hash_token(token.decode())}
        rows = cast("DatabaseWrapper", connection).read_first(_statement(), asked)
        if not rows:
            raise AuthenticationFailed("Invalid token.")
        *values, permissions, standing, now, _ = rows[0]
        credential, about, user = _read(values)
        about.credential, about.owner, credential.user = credential, user, user
        if why := about.why_ended(now):
            raise AuthenticationFailed(f"This token opens nothing any more. {why}")
        narrow(user, _permissions(permissions), about)
        keep(user, made_of(user, standing).scoped(queues=about.queues, targets=about.targets))
        uses.note(about, now)
        return user, credential


class BearerScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]  # registers itself, untyped
    """Description of the tokens in the schema."""

    target_class = "jobs.api.authentication.BearerAuthentication"
    name = "bearer"


def _read(values: list[Any]) -> list[Any]:
    """Return the rows that the statement found, as if Django had asked for each."""
    read = []
    for model in _models().values():
        names = _names(model)
        read.append(model.from_db(connection.alias, names, values[: len(names)]))
        values = values[len(names) :]
    return read


def _permissions(ids: list[int]) -> set[str]:
    """Return what Django calls these permissions. Their names are read once a process: no other ever gets the id of one
    that is gone."""
    if not _permission_names.keys() >= set(ids):
        rows = Permission.objects.values_list("pk", "content_type__app_label", "codename")
        _permission_names.update((pk, f"{app}.{codename}") for pk, app, codename in rows)
    return {_permission_names[pk] for pk in ids if pk in _permission_names}


def _models() -> dict[str, Any]:
    return {"credential": get_token_model(), "token": Token, "user": get_user_model()}


@cache
def _statement() -> str:
    columns = {
        name: ", ".join(f"{letter}.{field.column}" for field in model._meta.concrete_fields)
        for letter, (name, model) in zip("ctu", _models().items(), strict=True)
    }
    standing = STANDING.format(user="u.{key}".format(**names()))
    return ASK.format(**columns, **names(), standing=standing, writable=WRITABLE)


@cache
def _names(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]
