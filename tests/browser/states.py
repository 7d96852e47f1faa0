"""Every state in which a participant can find a page, and how to get there.

A state is a function that gets a ``Visit``: a browser's page and a fresh world. It opens the page
in that state, whatever its language. ``test_barriers.py`` looks at each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from django.db import OperationalError
from django.http import HttpResponse
from django.urls import reverse
from playwright.sync_api import Page, expect

from constitutions.drafting import draft_version, publish_version
from deliberation.access import remember_participant
from deliberation.models import Deliberation, Participant, Statement
from deliberation.services.appeals import ask_again
from deliberation.services.deliberations import update_draft
from deliberation.services.limits import too_many
from deliberation.services.moderation import moderate
from deliberation.services.panels import IssuedSeat, issue_seats, reissue_seat, take_seat
from deliberation.services.profiles import add_question, answer_questions
from deliberation.services.returning import make_return_link
from deliberation.services.rounds import close_round, consent_hash, end_proposals, open_round
from deliberation.services.statements import propose
from deliberation.services.subscriptions import ending_token, subscribe
from deliberation.similarity import warm_up
from tests.constitutions.world import make_run
from tests.factories import SEEDS, accepted, join, make_deliberation, make_open, the_round, vote_row

OWN = "It should help me to fill in forms of the city."
ALIKE = "The assistant should keep all that I tell it to itself"
EMAIL = "carol@example.org"
_ASKED = {"target_votes": 3, "show_origin": True, "completion_code": "HEAR-42"}
# As scripts cannot stop it, and with what the page does not have: the server answers by a page.
_SUBMIT = """(form, fields) => {
    for (const [name, value] of Object.entries(fields)) {
        const field = document.createElement("input");
        Object.assign(field, { type: "hidden", name, value });
        form.append(field);
    }
    HTMLFormElement.prototype.submit.call(form);
}"""


@dataclass(frozen=True)
class Visit:
    """A page of somebody new, and the deliberation, with four statements to vote on."""

    page: Page
    site: str
    deliberation: Deliberation

    def go(self, name: str, *args: object, query: str = "") -> None:
        wanted = (self.deliberation.slug, *args)
        self.page.goto(reverse(name, args=wanted) + query)

    def seat(self, me: Participant) -> None:
        """This browser remembers the participant from now on."""
        answer = HttpResponse()
        remember_participant(answer, me)
        cookie = {"name": "seat", "value": answer.cookies["seat"].value}
        address = f"{self.site}/d/{self.deliberation.slug}/"
        self.page.context.add_cookies([cookie | {"url": address}])  # type: ignore[list-item]

    def sit(self, *values: int) -> Participant:
        """Sit down here, and vote so on the first statements."""
        me = join(self.deliberation)
        vote_row(me, values)
        self.seat(me)
        return me

    def submit(self, form: str = "main form", **fields: str) -> None:
        with self.page.expect_navigation():
            self.page.locator(form).first.evaluate(_SUBMIT, fields)

    def close(self) -> None:
        round = the_round(self.deliberation)
        if round.is_open:
            close_round(round=round, actor=None)


Show = Callable[[Visit], None]


@dataclass(frozen=True)
class State:
    """``page`` is the name of its URL; ``status`` what the server answers."""

    page: str
    name: str
    show: Show
    world: Callable[[], Deliberation]
    status: int

    def __str__(self) -> str:
        return f"{self.page}: {self.name}"


STATES: list[State] = []


def state(
    page: str,
    name: str,
    *,
    status: int = 200,
    world: Callable[..., Deliberation] = make_open,
    **options: Any,
) -> Callable[[Show], Show]:
    """Adds the function to STATES. ``options`` are for the deliberation."""

    def add(show: Show) -> Show:
        made = State(page, name, show, lambda: world(**_ASKED | options), status)
        STATES.append(made)
        return show

    return add


# --- Pages for everybody


def of_site(name: str) -> None:
    """A page that has one state, and no deliberation."""
    state(name, "as it is")(lambda at: _open(at, reverse(name)))


def _open(at: Visit, address: str) -> None:
    at.page.goto(address)


for _name in ("home", "help", "help_organisers"):
    of_site(_name)


@state("deliberation", "open, to be joined", description="Why we *ask*.")
def about_it(at: Visit) -> None:
    at.go("deliberation")


@state("deliberation", "from one's seat")
def about_it_from_ones_seat(at: Visit) -> None:
    at.sit()
    at.go("deliberation")


@state("deliberation", "closed")
def about_what_is_over(at: Visit) -> None:
    at.close()
    at.go("deliberation")


@state("statements", "with own votes")
def statements(at: Visit) -> None:
    at.sit(1, -1, 0)
    at.go("statements")


@state("moderation_log", "with decisions")
def log(at: Visit) -> None:
    own_statements(at.sit())
    at.go("moderation_log")


# --- Joining


def asking(**options: Any) -> Deliberation:
    """Asks two questions about oneself."""
    deliberation = make_deliberation(**options)
    for text in ("How old are you?", "How long have you lived here?"):
        choices = ["Under 30 years", "30 years or more"]
        add_question(deliberation=deliberation, text=text, options=choices, actor=None)
    return open_round(round=the_round(deliberation), actor=None).deliberation


def own_statements(me: Participant) -> None:
    """One that waits, one accepted, one rejected, one rejected and appealed."""
    round = the_round(me.deliberation)
    texts = [f"{OWN[:-1]}, part {n} of {me.number}." for n in range(4)]
    said = [propose(participant=me, round=round, text=text) for text in texts]
    for one, decision, reason in zip(
        said, ["accept", "reject", "reject"], ["fits", "off_topic", "unclear"], strict=False
    ):
        moderate(statement=one, decision=decision, reason=reason, actor=None, role="moderator")
    ask_again(participant=me, statement=said[2], text="Forms keep us from our rights.")


@state("join", "to be read")
def before_joining(at: Visit) -> None:
    at.go("join")


@state("join", "sent without agreeing", status=422)
def joining_without_agreeing(at: Visit) -> None:
    at.go("join")
    at.submit("#join-form")


@state("join", "the device has worked", proof_of_work=True)
def joining_with_work(at: Visit) -> None:
    at.go("join")
    status = at.page.locator("#proof-status")
    done = status.get_attribute("data-done")
    assert done
    expect(status).to_have_text(done)


@state("join", "sent before the device has worked", status=429, proof_of_work=True)
def joining_too_fast(at: Visit) -> None:
    at.go("join")
    at.page.locator("#proof").evaluate("one => one.remove()")
    at.submit("#join-form", agree="on")


def in_preparation(**options: Any) -> Deliberation:
    return make_deliberation(**options)


@state("join", "agree again", world=in_preparation)
def agreeing_again(at: Visit) -> None:
    me = early_bird(at)
    if the_round(at.deliberation).phase == "draft":
        text = "You are asked to vote. The town pays for it."
        update_draft(deliberation=at.deliberation, actor=None, consent_text=text)
        open_round(round=the_round(at.deliberation), actor=None)
    at.seat(me)
    at.go("join")


def early_bird(at: Visit) -> Participant:
    """Who took a seat while the round was in preparation."""
    first = at.deliberation.participants.first()
    if first is not None:
        return first
    (link,) = issue_seats(deliberation=at.deliberation, count=1, actor=None)
    agreed = consent_hash(the_round(at.deliberation))
    return take_seat(deliberation=at.deliberation, token=link.token, consent_hash=agreed)


def by_invitation(**options: Any) -> Deliberation:
    deliberation = make_deliberation(open_link=False, **options)
    issue_seats(deliberation=deliberation, count=1, actor=None)
    return open_round(round=the_round(deliberation), actor=None).deliberation


@state("join", "by invitation only", status=403, world=by_invitation)
def joining_without_invitation(at: Visit) -> None:
    at.go("join")


@state("join", "the round is closed", status=409)
def joining_too_late(at: Visit) -> None:
    at.close()
    at.go("join")


@state("join", "a vendor's link that was used", status=409, vendor_link=True)
def joining_twice(at: Visit) -> None:
    xid = f"person-{at.deliberation.participants.count()}"
    agreed = consent_hash(the_round(at.deliberation))
    take_seat(deliberation=at.deliberation, token=None, xid=xid, consent_hash=agreed)
    at.go("join", query=f"?xid={xid}")


def invited(at: Visit) -> IssuedSeat:
    (link,) = issue_seats(deliberation=at.deliberation, count=1, actor=None)
    return link


@state("seat", "to be read")
def seat_link(at: Visit) -> None:
    at.go("seat", invited(at).token)


@state("seat", "taken", status=410)
def seat_taken(at: Visit) -> None:
    link = invited(at)
    agreed = consent_hash(the_round(at.deliberation))
    take_seat(deliberation=at.deliberation, token=link.token, consent_hash=agreed)
    at.go("seat", link.token)


@state("seat", "a link that never was", status=410)
def seat_unknown(at: Visit) -> None:
    at.go("seat", "A" * 22)


@state("seat", "a new link to one's seat")
def seat_again(at: Visit) -> None:
    me = join(at.deliberation)
    at.go("seat", reissue_seat(seat=me.seat, actor=None).token)


@state("about_you", "to be answered", world=asking)
def about_you(at: Visit) -> None:
    at.sit()
    at.go("about_you")


@state("about_you", "answered before", world=asking)
def about_you_again(at: Visit) -> None:
    me = at.sit()
    question = at.deliberation.panel.profile_questions.first()
    answer_questions(seat=me.seat, answers={question.pk: question.options[0]})
    at.go("about_you")


@state("come_back", "asks first")
def coming_back(at: Visit) -> None:
    at.go("come_back", make_return_link(participant=join(at.deliberation)))


@state("come_back", "where someone else sits")
def coming_back_where_someone_sits(at: Visit) -> None:
    at.sit()
    coming_back(at)


@state("come_back", "by an old link", status=410)
def coming_back_by_an_old_link(at: Visit) -> None:
    at.go("come_back", "A" * 22)


@state("return_link", "made")
def link_of_ones_own(at: Visit) -> None:
    at.sit()
    at.go("your_part")
    at.submit(f'form[action="{reverse("return_link", args=[at.deliberation.slug])}"]')


# --- Voting


@state("vote", "the first card")
def first_card(at: Visit) -> None:
    at.sit()
    at.go("vote")


@state("vote", "as many as asked for")
def goal_reached(at: Visit) -> None:
    at.sit(1, 0, -1)
    at.go("vote")


@state("vote", "nothing left")
def nothing_left(at: Visit) -> None:
    at.sit(1, 0, -1, 1)
    at.go("vote")


@state("vote", "not begun", status=409, world=in_preparation)
def voting_not_begun(at: Visit) -> None:
    at.seat(early_bird(at))
    at.go("vote")


@state("vote", "closed", status=409)
def voting_closed(at: Visit) -> None:
    me = join(at.deliberation) if the_round(at.deliberation).is_open else first_of(at)
    at.close()
    at.seat(me)
    at.go("vote")


def first_of(at: Visit) -> Participant:
    return at.deliberation.participants.earliest("number")


@state("vote", "no seat on this device", status=403, world=by_invitation)
def no_seat(at: Visit) -> None:
    at.go("vote")


@state("vote", "refused on the card", status=422)
def vote_refused(at: Visit) -> None:
    first_card(at)
    at.submit("[data-vote]", value="7")


@state("vote", "the database is away", status=503)
def vote_not_to_be_had(at: Visit) -> None:
    at.sit()
    with patch("deliberation.views.voting.ballot", side_effect=OperationalError):
        at.go("vote")


@state("vote", "sent while the database is away", status=503)
def vote_not_stored(at: Visit) -> None:
    first_card(at)
    with patch("deliberation.views.voting.cast_in_round", side_effect=OperationalError):
        at.submit("[data-vote]", value="1")


@state("undo_vote", "the card again")
def undone(at: Visit) -> None:
    at.sit(1, -1)
    at.go("vote")
    at.page.locator("[data-undo] button").click()
    expect(at.page.locator("#live")).not_to_be_empty()


@state("list", "as many as asked for")
def list_at_the_goal(at: Visit) -> None:
    at.sit(1, 0, -1)
    at.go("list")


@state("list", "nothing left")
def list_at_the_end(at: Visit) -> None:
    at.sit(1, 0, -1, 1)
    at.go("list")


@state("own_votes", "none yet")
def no_own_votes(at: Visit) -> None:
    at.sit()
    at.go("own_votes")


@state("own_votes", "closed, one taken out")
def own_votes_closed(at: Visit) -> None:
    round = the_round(at.deliberation)
    if round.is_open:
        vote_row(join(at.deliberation), [1, 0, -1])
        out = accepted(at.deliberation)[1]
        moderate(statement=out, decision="reject", reason="unclear", actor=None, role="moderator")
    at.close()
    at.seat(first_of(at))
    at.go("own_votes")


# --- Writing a statement


def send(at: Visit, text: str) -> None:
    at.go("propose")
    at.submit("form[data-draft]", text=text)


@state("propose", "an empty field")
def writing(at: Visit) -> None:
    at.sit()
    at.go("propose")


@state("propose", "sent with nothing in it", status=422)
def sent_nothing(at: Visit) -> None:
    at.sit()
    send(at, "")


@state("propose", "said before", status=422)
def sent_what_is_there(at: Visit) -> None:
    at.sit()
    writing(at)
    at.page.locator("#id_text").fill(SEEDS[1])
    at.submit("form[data-draft]")


@state("propose", "noticed something")
def sent_what_is_noticed(at: Visit) -> None:
    writing(at)
    at.page.locator("#id_text").fill("Should it ask bob@example.org?")
    at.submit("form[data-draft]")


@state("propose", "votes first", min_votes_to_propose=2)
def votes_first(at: Visit) -> None:
    at.sit(1)
    at.go("propose")


@state("propose", "proposals have ended")
def proposals_ended(at: Visit) -> None:
    me = at.sit()
    if the_round(at.deliberation).phase == "propose":
        own_statements(me)
        end_proposals(round=the_round(at.deliberation), actor=None)
    at.go("propose")


@state("propose", "own statements, decided and not")
def own_on_the_page(at: Visit) -> None:
    own_statements(at.sit())
    at.go("propose")


@state("propose", "too many", status=429)
def too_many_statements(at: Visit) -> None:
    writing(at)
    at.page.locator("#id_text").fill(OWN)
    with patch("deliberation.views.proposing.limits.take", side_effect=too_many(3)):
        at.submit("form[data-draft]")


@state("propose", "sent while the database is away", status=503)
def statement_not_stored(at: Visit) -> None:
    writing(at)
    at.page.locator("#id_text").fill(OWN)
    with patch("deliberation.views.proposing.limits.take", side_effect=OperationalError):
        at.submit("form[data-draft]")


@state("similar", "found while typing")
def found_alike(at: Visit) -> None:
    warm_up()
    writing(at)
    at.page.locator("#id_text").press_sequentially(ALIKE)
    expect(at.page.locator("#similar li")).to_contain_text(SEEDS[1])


def rejected(at: Visit) -> Statement:
    me = at.sit()
    made = propose(participant=me, round=the_round(at.deliberation), text=f"{me.pk} {OWN}")
    moderate(statement=made, decision="reject", reason="unclear", actor=None, role="moderator")
    return made


@state("appeal", "to be written")
def appeal(at: Visit) -> None:
    at.go("appeal", rejected(at).number)


@state("appeal", "sent with nothing in it", status=422)
def appeal_for_nothing(at: Visit) -> None:
    appeal(at)
    at.submit()


@state("appeal", "asked already", status=409)
def appealed(at: Visit) -> None:
    statement = rejected(at)
    ask_again(participant=statement.author, statement=statement, text="It is clear to me.")
    at.go("appeal", statement.number)


# --- The end


@state("your_part", "before the first vote")
def part_before_voting(at: Visit) -> None:
    at.sit()
    at.go("your_part")


@state("your_part", "with a code, letters and own statements")
def part_done(at: Visit) -> None:
    me = at.sit(1, 0, -1)
    own_statements(me)
    subscribe(participant=me, email=EMAIL, language="en")
    at.go("your_part")


@state("your_part", "closed and published")
def part_of_what_is_over(at: Visit) -> None:
    if the_round(at.deliberation).is_open:
        me = join(at.deliberation)
        vote_row(me, [1, 0, -1])
        own_statements(me)
        at.close()
        owner = at.deliberation.memberships.get().user
        run = make_run(at.deliberation, selected=[1, 6])
        draft = draft_version(deliberation=at.deliberation, run=run, actor=owner)
        publish_version(version=draft, actor=owner)
    at.seat(first_of(at))
    at.go("your_part")


@state("subscribe", "not an address", status=422)
def not_an_address(at: Visit) -> None:
    part_before_voting(at)
    at.page.locator("#id_email").fill("carol(at)example.org")
    at.submit("form:has(#id_email)", action="save")


def subscribed(at: Visit) -> str:
    """The secret in the letters."""
    seat = at.sit().seat
    subscribe(participant=seat.participant, email=EMAIL, language="en")
    return ending_token(seat.pk, EMAIL)


@state("unsubscribe", "asks first")
def end_of_letters(at: Visit) -> None:
    _open(at, reverse("unsubscribe", args=[subscribed(at)]))


@state("unsubscribe", "ended")
def letters_ended(at: Visit) -> None:
    end_of_letters(at)
    at.submit()


@state("withdraw", "asks first")
def leaving(at: Visit) -> None:
    own_statements(at.sit(1, 0, -1))
    at.go("withdraw")


@state("withdraw", "left")
def left(at: Visit) -> None:
    at.sit(1, 0)
    at.go("withdraw")
    at.submit()


@state("withdraw", "too often", status=429)
def left_too_often(at: Visit) -> None:
    at.sit()
    at.go("withdraw")
    with patch("deliberation.views.your_part.limits.take", side_effect=too_many(3)):
        at.submit()


# --- Where there is no page


@state("", "nothing here", status=404)
def not_there(at: Visit) -> None:
    _open(at, "/d/nothing/")


@state("", "something broke", status=500)
def broken(at: Visit) -> None:
    with patch("deliberation.views.public.current_round", side_effect=RuntimeError):
        at.go("deliberation")


@state("", "the safety token is missing", status=403)
def no_token(at: Visit) -> None:
    writing(at)
    at.page.locator("[name=csrfmiddlewaretoken]").first.evaluate("one => one.remove()")
    at.submit("form[data-draft]")
