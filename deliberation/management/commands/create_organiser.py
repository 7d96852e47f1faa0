"""``manage.py create_organiser EMAIL``: someone who may sign in and start deliberations."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from deliberation.links import absolute
from deliberation.models import User
from deliberation.services.sign_in import create_sign_in_link

_LONGEST_HOURS = 24 * 14


class Command(BaseCommand):
    help = (
        "Make a user who organises deliberations, and print a sign-in link that works once. "
        "For an address that exists already, only a new link is printed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the person's e-mail address")
        parser.add_argument(
            "--hours", type=int, default=24, help="how long the link works, 24 unless told"
        )

    def handle(self, *, email: str, hours: int, **options: Any) -> None:
        if not 1 <= hours <= _LONGEST_HOURS:
            raise CommandError(f"--hours must be from 1 to {_LONGEST_HOURS}.")
        user = User.objects.filter(email__iexact=email.strip()).first()
        found = user is not None
        if user is None:
            user = _create(email)
        elif not user.is_active:
            raise CommandError(f"{user.email} is no longer active.")
        token = create_sign_in_link(user=user, hours=hours)
        known = "is known already" if found else "may now organise deliberations"
        self.stderr.write(f"{user.email} {known}. This link works once, within {hours} hours:")
        if not settings.PUBLIC_URL:
            self.stderr.write("(Put the address of your site in front; PUBLIC_URL is not set.)")
        # Alone on standard output, so that a script can take it.
        self.stdout.write(absolute(reverse("sign_in_link", args=[token])))


def _create(email: str) -> User:
    try:
        return User.objects.create_user(email)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
