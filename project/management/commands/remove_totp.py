"""`manage.py remove_totp USERNAME`: for somebody who has lost authenticator and recovery codes."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from project.account import totp


class Command(BaseCommand):
    help = "Remove a user's authenticator and recovery codes: from then on the password alone lets that user in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="whose authenticator is lost; be sure who asks for it")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user '{username}'. The admin lists them under Users.")
        if not totp.remove(user, by=None, reason="By the command remove_totp."):
            raise CommandError(f"The user '{username}' has no authenticator.")
        self.stdout.write(f"The authenticator of {username} is removed.")
