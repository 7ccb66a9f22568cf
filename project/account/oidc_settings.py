"""Django's settings for logins by an OpenID Connect provider (django-allauth), where there is one."""

from __future__ import annotations

from typing import Any

PROVIDER = "sso"  # in addresses: /account/oidc/sso/login/callback/
APPS = ["allauth", "allauth.account", "allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
MIDDLEWARE = ["allauth.account.middleware.AccountMiddleware"]
BACKENDS = ["project.account.oidc.Backend"]


def settings_of(*, issuer: str, client_id: str, secret: str, name: str) -> dict[str, Any]:
    """Return what django-allauth reads. Of all it can, people come in by this one provider, and nothing else."""
    app = {
        "provider_id": PROVIDER,
        "name": name,
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": issuer},
    }
    return {
        "SOCIALACCOUNT_PROVIDERS": {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}},
        "SOCIALACCOUNT_ADAPTER": "project.account.oidc.ProviderAdapter",
        "ACCOUNT_ADAPTER": "project.account.oidc.PersonAdapter",
        "SOCIALACCOUNT_LOGIN_ON_GET": True,  # by a link: our pages' policy lets forms go nowhere else
        "SOCIALACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_SIGNUP_FIELDS": ["username*"],
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_USER_MODEL_EMAIL_FIELD": "email",
    }
