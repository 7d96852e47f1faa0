"""A whole deliberation as an organiser runs it: from an empty site to a closed round.

The panel of 40 is drawn by lot out of 500. A real Celery worker draws, writes letters and counts
votes; the letters are read from an SMTP server of our own.
"""

from __future__ import annotations

import os
import random
import re
import sys
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import default as modern
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import Page, expect

from aggregation.models import Run
from deliberation.access import remember_participant
from deliberation.models import (
    Contact,
    Deliberation,
    Draw,
    DrawnMember,
    Outgoing,
    Participant,
    RateLimit,
    Statement,
    User,
)
from deliberation.services.panels import take_seat
from deliberation.services.recruiting import seat_link_token
from deliberation.services.rounds import consent_hash
from deploy.demo.serving import free_port
from deploy.processes import Child, Children, wait_until
from tests.browser.visits import follow, sign_in_by_link
from tests.factories import CONSENT, SEEDS, the_round, vote_row

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
# A hang must fail the test, not the build.
PATIENCE = 120.0
QUOTAS = """stratum,value,share,min,max
Age,16–34,28,9,13
Age,35–59,41,15,19
Age,60 and older,31,10,15
District,North,30,10,14
District,South,45,16,20
District,Harbour,25,8,12
Gender,woman,51,18,22
Gender,man,48,17,21
Gender,other,1,0,3
Schooling,basic,33,11,16
Schooling,more,67,24,29
Speaks at home,only English,80,29,35
Speaks at home,another language,20,5,11
"""
PROPOSAL = "It should tell pupils when it has made a mistake."


class Sink:
    """Keeps every letter, and by whom it was to be read."""

    def __init__(self) -> None:
        self.letters: dict[str, list[Message]] = {}

    async def handle_DATA(self, server, session, envelope) -> str:
        letter = message_from_bytes(envelope.content, policy=modern)
        for reader in envelope.rcpt_tos:
            self.letters.setdefault(reader, []).append(letter)
        return "250 taken"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, int]]:
    """Letters, and the port on which they come in."""
    kept, port = Sink(), free_port(0)
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, port
    controller.stop()


@pytest.fixture
def worker(sink, live_server, tmp_path) -> Iterator[Child]:
    """A Celery worker on the test's database, whose letters go to the sink."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(
        path=f"/{connection.settings_dict['NAME']}"
    )
    with Children(say=print) as children:
        yield children.start(
            "worker",
            [
                Path(sys.executable).with_name("celery"),
                "--app=deploy.celery",
                "worker",
                "--queues=default,aggregate",
                "--concurrency=1",
                "--hostname=organising@%h",
            ],
            env=os.environ
            | {
                "DATABASE_URL": database.geturl(),
                "REDIS_URL": settings.REDIS_URL,
                "EMAIL_URL": f"smtp://127.0.0.1:{sink[1]}?tls=none",
                "MAIL_FROM": "Panel <panel@example.org>",
                "PUBLIC_URL": live_server.url,
                "PYTHONPATH": str(ROOT),
            },
            cwd=ROOT,
            log=tmp_path / "worker.log",
        )


def until(condition: Callable[[], bool], worker: Child) -> None:
    assert wait_until(condition, seconds=PATIENCE, every=0.2), worker.last_lines(40)


def pool_of_500() -> str:
    """People whose features hang together, as those of real ones do."""
    lots = random.Random(5)
    rows = ["e-mail,name,language,Age,District,Gender,Schooling,Speaks at home"]
    for n in range(1, 501):
        age = lots.choices(["16–34", "35–59", "60 and older"], [15, 40, 45])[0]
        schooling = "basic" if lots.random() < (0.4 if age == "60 and older" else 0.2) else "more"
        district = lots.choices(["North", "South", "Harbour"], [45, 45, 10])[0]
        other = lots.random() < (0.4 if district == "Harbour" else 0.1)
        speaks = "another language" if other else "only English"
        gender = lots.choices(["woman", "man", "other"], [45, 53, 2])[0]
        rows.append(
            f"p{n}@example.org,Person {n},en,{age},{district},{gender},{schooling},{speaks}"
        )
    return "\n".join(rows)


def prepare(page: Page) -> str:
    """Question, texts, plan, panel, quotas, pool. Returns where the workspace is."""
    page.get_by_role("link", name="New deliberation").click()
    page.get_by_label("Title").fill("A tutor for our schools")
    page.get_by_label("The question to the panel").fill("How should an AI tutor teach?")
    follow(page.get_by_role("button", name="Create the deliberation"))
    expect(
        page.get_by_role("heading", name=re.compile("things before you can open"))
    ).to_be_visible()
    workspace = urlsplit(page.url).path

    follow(page.get_by_role("link", name="Question", exact=True).first)
    page.get_by_label("What people agree to when they join").fill(CONSENT)
    follow(page.get_by_role("button", name=re.compile("^Save")))

    page.goto(f"{workspace}plan/")
    page.get_by_label("Votes asked of each person").fill("4")
    follow(page.get_by_role("button", name=re.compile("^Save")).first)

    page.goto(f"{workspace}panel/")
    page.get_by_label("How many people should take part").fill("40")
    page.get_by_label("Delete names and addresses on").fill("2099-01-31")
    follow(page.get_by_role("button", name="Save"))

    page.goto(f"{workspace}quotas/")
    page.get_by_text("Read the quotas from a file").click()
    page.get_by_label(re.compile("[Pp]aste")).fill(QUOTAS)
    follow(page.get_by_role("button", name="Read the file into the form"))
    follow(page.get_by_role("button", name="Save the quotas and check them"))

    page.goto(f"{workspace}pool/")
    follow(page.get_by_role("link", name="Take in a list"))
    page.get_by_label(re.compile("[Pp]aste")).fill(pool_of_500())
    follow(page.get_by_role("button", name="Check the list"))
    expect(page.get_by_text("500 people can come in")).to_be_visible()
    for box in page.get_by_role("checkbox").all():
        box.check()
    follow(page.get_by_role("button", name="Take them in"))
    return workspace


def draw_by_lot(page: Page, workspace: str, worker: Child) -> None:
    page.goto(f"{workspace}draws/")
    follow(page.get_by_role("button", name="Fix the pool and publish its fingerprint"))
    page.get_by_label("Public seed").fill("7 12 23 31 40 44, drawn on Saturday")
    follow(page.get_by_role("button", name="Draw 40 people"))
    until(lambda: Draw.objects.filter(state__in=["done", "failed"]).exists(), worker)
    assert Draw.objects.get().state == "done", Draw.objects.get().message
    page.goto(f"{workspace}draws/1/")
    follow(page.get_by_role("button", name="Invite them"))


def link_in(letter: Message, part: str) -> str:
    body = letter.get_body(("plain",)).get_content()
    return next(line.strip() for line in body.splitlines() if part in line)


def say(letter: Message, comes: str) -> None:
    """Answer by the link in the letter, as any browser without JavaScript would."""
    RateLimit.objects.all().delete()  # forty people do not sit behind one address
    address = urlsplit(link_in(letter, "/answer/")).path
    answer = Client().post(address, {"comes": comes})
    assert answer.status_code in (200, 302), answer.content


def take_seats(slug: str) -> None:
    """Everybody who said yes comes back by the same link and sits down."""
    deliberation = Deliberation.objects.get(slug=slug)
    for drawn in DrawnMember.objects.filter(answer="accepted").select_related("seat"):
        take_seat(
            deliberation=deliberation,
            token=seat_link_token(drawn.seat),
            consent_hash=consent_hash(the_round(deliberation)),
        )


def the_draw_keeps_its_promises(slug: str) -> None:
    """The quotas are met, and the public report names nobody."""
    drawn = DrawnMember.objects.select_related("member")
    assert drawn.count() == 40
    districts = [one.member.values["District"] for one in drawn]
    assert 8 <= districts.count("Harbour") <= 12
    report = Client().get(f"/d/{slug}/draws/1/").content.decode()
    assert "7 12 23 31 40 44" in report
    assert "Person " not in report
    assert "@example.org" not in report


def answer_letters(page: Page, workspace: str, sink: Sink, worker: Child) -> None:
    """Forty letters come in; two people cannot come and are replaced by lot."""
    letters = sink.letters
    until(lambda: len(letters) == 40, worker)
    readers = sorted(letters)
    for reader in readers[2:]:
        say(letters[reader][-1], "yes")
    for reader in readers[:2]:
        say(letters[reader][-1], "no")
    page.goto(workspace)
    expect(page.get_by_text("2 places on the drawn panel are free")).to_be_visible()
    page.goto(f"{workspace}draws/")
    page.get_by_label("Public seed").fill("3 9 14 27 33 41, drawn on Wednesday")
    follow(page.get_by_role("button", name="Draw 2 replacements"))
    until(lambda: Draw.objects.filter(number=2, state__in=["done", "failed"]).exists(), worker)
    page.goto(f"{workspace}draws/2/")
    follow(page.get_by_role("button", name="Invite them"))
    until(lambda: len(letters) == 42, worker)
    for reader in set(letters) - set(readers):
        say(letters[reader][-1], "yes")
    assert DrawnMember.objects.filter(answer="accepted").count() == 40
    assert not Outgoing.objects.exclude(state="sent").exists()


def open_the_round(page: Page, workspace: str) -> None:
    page.goto(f"{workspace}seeds/")
    page.get_by_label("New seed statements").fill("\n".join(SEEDS))
    follow(page.get_by_role("button", name=re.compile("Add")).first)
    page.goto(workspace)
    expect(page.get_by_text("Everything is ready to open.")).to_be_visible()
    follow(page.get_by_role("link", name="Open the round"))
    follow(page.get_by_role("button", name="Open the round now"))
    expect(page.get_by_text("Proposing and voting")).to_be_visible()


def propose_in_a_browser(page: Page, person: Participant, site: str, slug: str) -> None:
    """One of the panel writes a statement, in a browser of their own."""
    answer = HttpResponse()
    remember_participant(answer, person)
    seat = {"name": "seat", "value": answer.cookies["seat"].value, "url": f"{site}/d/{slug}/"}
    page.context.add_cookies([seat])
    page.goto(f"/d/{slug}/propose/")
    page.get_by_role("textbox").first.fill(PROPOSAL)
    follow(page.get_by_role("button", name=re.compile("^(Send|Propose)")).first)


def accept_with_one_key(page: Page, workspace: str) -> None:
    page.goto(workspace)
    page.get_by_role("link", name="1 statement waits for a moderator").click()
    expect(page.get_by_text(PROPOSAL)).to_be_visible()
    expect(page.get_by_role("heading", name="Statement 5")).to_be_focused()
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Nothing is waiting")).to_be_visible()
    assert Statement.objects.get(text=PROPOSAL).status == "accepted"


def watch_and_close(page: Page, workspace: str, worker: Child) -> None:
    page.goto(f"{workspace}watch/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto(workspace)
    follow(page.get_by_role("link", name="End proposing"))
    follow(page.get_by_role("button", name="End proposing now"))
    follow(page.get_by_role("link", name="Close the round"))
    follow(page.get_by_role("button", name=re.compile("^Close")))
    until(lambda: Run.objects.filter(status__in=["done", "failed"]).exists(), worker)
    assert Run.objects.get().status == "done", Run.objects.get().error


def test_from_an_empty_site_to_a_closed_round_with_a_panel_drawn_by_lot(
    open_page, sink, worker, live_server, settings
):
    settings.MAIL_OFFERED = True
    page = open_page()
    page.set_default_timeout(30_000)
    sign_in_by_link(page, User.objects.create_user("alice@example.org"))
    follow(page.get_by_role("link", name="Not now"))

    workspace = prepare(page)
    slug = workspace.strip("/").split("/")[-1]
    draw_by_lot(page, workspace, worker)
    the_draw_keeps_its_promises(slug)
    answer_letters(page, workspace, sink[0], worker)
    open_the_round(page, workspace)

    take_seats(slug)
    deliberation = Deliberation.objects.get(slug=slug)
    people = list(deliberation.participants.order_by("number"))
    assert len(people) == 40
    for n, person in enumerate(people):
        vote_row(person, [1, 1 if n % 3 else -1, 0 if n % 5 else 1, 1])
    propose_in_a_browser(open_page(width=390), people[0], live_server.url, slug)
    until(lambda: Statement.objects.filter(text=PROPOSAL).exists(), worker)
    accept_with_one_key(page, workspace)

    watch_and_close(page, workspace, worker)
    assert the_round(deliberation).phase == "closed"
    assert Client().get(f"/d/{slug}/report/").status_code == 200
    assert Contact.objects.count() == 500
