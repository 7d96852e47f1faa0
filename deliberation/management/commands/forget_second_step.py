"""``manage.py forget_second_step EMAIL``: for someone who lost the device and the codes."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError

from deliberation.models import User


class Command(BaseCommand):
    help = (
        "Delete someone's second step: app, passkeys and recovery codes. Make sure by another way "
        "that they ask themselves: until they set up a new one, password or mailed link is enough."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the person's e-mail address")

    def handle(self, *, email: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email.strip()).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {email}.")
        deleted, _tables = Authenticator.objects.filter(user=user).delete()
        if not deleted:
            raise CommandError(f"{user.email} has none.")
        self.stdout.write(f"{user.email} signs in without a second step, and sets up a new one.")
