"""`manage.py api_token USERNAME`: makes a bearer token for the API and shows it once."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from knox.models import AuthToken

NAME_PATTERN = r"[A-Za-z0-9-]{1,10}"


class Command(BaseCommand):
    help = "Make a bearer token for the API and print it. Only its hash is kept: it cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="whose token it is: it may do what this user may do")
        parser.add_argument(
            "--name",
            default="",
            help="1 to 10 letters, digits and dashes that the token begins with",
        )

    def handle(self, *args: Any, username: str, name: str, **options: Any) -> None:
        if name and not re.fullmatch(NAME_PATTERN, name):
            raise CommandError(f"'{name}' is not 1 to 10 letters, digits and dashes; choose a shorter or plainer name.")
        users = get_user_model().objects
        user = users.filter(username=username).first()
        if user is None:
            known = ", ".join(users.order_by("username").values_list("username", flat=True)[:10]) or "none yet"
            raise CommandError(f"There is no user '{username}'. Known are: {known}. Make one in the admin.")
        if not user.is_active:
            raise CommandError(f"The user '{username}' is not active: its token would be refused; activate it.")
        _, token = AuthToken.objects.create(user=user, prefix=f"{name}_" if name else "")
        self.stdout.write(token)
