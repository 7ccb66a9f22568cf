"""Accounts as SQL names them: of the project's own user model, which need not be Django's."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model

from jobs.database import connection

INTEGERS = ("smallint", "integer", "serial", "bigserial", "bigint")
AUTHENTICATORS = "django_otp.plugins.otp_totp"  # of this repository's own logins; a project may have none
LOCKS = "axes"  # the same


@cache
def names() -> dict[str, str]:
    """Return the tables and columns of accounts, to be put into statements. `key_type`: of the primary key."""
    user, quoted = get_user_model(), connection.ops.quote_name
    meta: Any = user._meta
    groups, permissions = meta.get_field("groups"), meta.get_field("user_permissions")
    key_type = str(meta.pk.rel_db_type(connection))
    return {
        "users": quoted(meta.db_table),
        "key": quoted(meta.pk.column),
        "key_type": "bigint" if key_type in INTEGERS else key_type,
        "name": quoted(meta.get_field(user.USERNAME_FIELD).column),
        "user_groups": quoted(groups.m2m_db_table()),
        "user_of_group": quoted(groups.m2m_column_name()),
        "member": quoted(f"{meta.model_name}_id"),  # of a team
        "user_permissions": quoted(permissions.m2m_db_table()),
        "user_of_permission": quoted(permissions.m2m_column_name()),
    }


def account(name: str) -> Any:
    """Return the account of this name; None where there is none."""
    user = get_user_model()
    return user._default_manager.filter(**{user.USERNAME_FIELD: name}).first()


def account_names() -> Any:
    """Return the names of all accounts, in their order."""
    user = get_user_model()
    return user._default_manager.order_by(user.USERNAME_FIELD).values_list(user.USERNAME_FIELD, flat=True)


def permission(name: str) -> str:
    """Return the permission that this one of Django's users is in this project: of its own user model."""
    app, _, code = name.partition(".")
    verb, _, model = code.partition("_")
    if (app, model) != ("auth", "user"):
        return name
    meta = get_user_model()._meta
    return f"{meta.app_label}.{verb}_{meta.model_name}"


def has(app: str) -> bool:
    """Return whether the project has this app."""
    return apps.is_installed(app)
