"""When letters are offered, and how they leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from django.core.mail import EmailMessage, get_connection

ROOT = Path(__file__).resolve().parents[2]
_NAMES = ("MAIL_OFFERED", "MAIL_LINKS", "EMAIL_BACKEND", "EMAIL_HOST", "DEFAULT_FROM_EMAIL")
_SHOW = f"""
import json
from deploy import settings
print(json.dumps({{n: getattr(settings, n, None) for n in {_NAMES!r}}}))
"""
_URL = "smtp://mail.example.org:587?tls=starttls"


def settings_with(**changes: str) -> subprocess.CompletedProcess[str]:
    """What the settings say in another environment."""
    mail = {"EMAIL_URL", "EMAIL_URL_FILE", "MAIL_FROM", "PUBLIC_URL", "FOLKMOOT_ADDRESS"}
    kept = {name: value for name, value in os.environ.items() if name not in mail}
    return subprocess.run(
        [sys.executable, "-c", _SHOW],
        env=kept | {"PYTHONPATH": str(ROOT)} | changes,
        capture_output=True,
        text=True,
        check=False,
    )


def told(**changes: str) -> dict[str, object]:
    done = settings_with(**changes)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_site_without_a_mail_server_offers_none():
    assert told(FOLKMOOT_LOCAL="0", PUBLIC_URL="https://moot.example.org")["MAIL_OFFERED"] is False


def test_a_site_that_does_not_know_its_address_offers_none():
    found = told(FOLKMOOT_LOCAL="0", EMAIL_URL=_URL, MAIL_FROM="panel@example.org")
    assert found["MAIL_OFFERED"] is False


def test_a_site_with_both_offers_them():
    found = told(
        FOLKMOOT_LOCAL="0",
        EMAIL_URL=_URL,
        MAIL_FROM="panel@example.org",
        PUBLIC_URL="https://moot.example.org/",
    )
    assert found == {
        "MAIL_OFFERED": True,
        "MAIL_LINKS": "https://moot.example.org",
        "EMAIL_BACKEND": None,  # Django's own, which is SMTP
        "EMAIL_HOST": "mail.example.org",
        "DEFAULT_FROM_EMAIL": "panel@example.org",
    }


def test_a_mail_server_needs_a_sender():
    done = settings_with(EMAIL_URL=_URL)
    assert done.returncode != 0
    assert "MAIL_FROM is not set" in done.stderr


def test_on_ones_own_computer_letters_are_files(tmp_path):
    found = told(FOLKMOOT_LOCAL="1", FOLKMOOT_ADDRESS="http://127.0.0.1:8123")
    assert (found["MAIL_OFFERED"], found["MAIL_LINKS"]) == (True, "http://127.0.0.1:8123")
    post = get_connection(str(found["EMAIL_BACKEND"]), file_path=tmp_path / "mail")
    post.open()
    post.send_messages([EmailMessage("Voting has ended", "Thank you.", to=["alice@example.org"])])
    post.close()
    (letter,) = (tmp_path / "mail").iterdir()
    assert "To: alice@example.org" in letter.read_text()
