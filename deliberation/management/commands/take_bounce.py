"""``manage.py take_bounce [FILE]``: a letter that came back is marked, so that nobody waits."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from deliberation.returned_mail import read_returned
from deliberation.services import outbox

_LARGEST = 10 * 1024 * 1024


class Command(BaseCommand):
    help = (
        "Read one returned e-mail (a delivery report as of RFC 3464) from a file or from standard "
        "input and mark the letter that it speaks of. Let the mail server hand every message to "
        "the address of MAIL_FROM to this command. Messages that are no report about a letter "
        "from here change nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="the message; standard input if left out")

    def handle(self, *, file: str | None, **options: Any) -> None:
        # No line of this output names anyone: mail servers put it into their logs.
        returned = read_returned(_read(file))
        if returned.outgoing is None or not returned.action:
            self.stdout.write("No report about a letter from here. Nothing was changed.")
        elif not returned.for_good:
            self.stdout.write("The letter may still arrive. Nothing was changed.")
        elif outbox.take_back(pk=returned.outgoing, problem=returned.problem):
            self.stdout.write(f"Letter {returned.outgoing} came back.")
        else:
            self.stdout.write(f"Letter {returned.outgoing} is not known, or came back before.")


def _read(file: str | None) -> bytes:
    try:
        data = Path(file).read_bytes() if file else sys.stdin.buffer.read(_LARGEST + 1)
    except OSError as error:
        raise CommandError(f"Cannot read {file}: {error.strerror}.") from error
    if len(data) > _LARGEST:
        raise CommandError("This message is larger than any delivery report.")
    return data
