"""Bearer tokens. Apart from the rest, since REST framework imports it while it is being imported itself."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]  # knox has no types
    """Knox's tokens; what cannot be one is refused before it reaches the database."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not re.fullmatch(rb"[A-Za-z0-9_-]+", token):
            raise AuthenticationFailed("Invalid token.")
        return super().authenticate_credentials(token)


class BearerScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]  # registers itself, untyped
    """Description of the tokens in the schema."""

    target_class = "jobs.api.authentication.BearerAuthentication"
    name = "bearer"
