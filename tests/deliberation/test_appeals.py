"""The author of a rejected statement asks for a second look, once; somebody else decides."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from deliberation.models import (
    Appeal,
    AuditEntry,
    Deliberation,
    Membership,
    ModerationDecision,
    Participant,
    Statement,
    User,
)
from deliberation.models.moderation import ReasonCode
from deliberation.organiser_forms import ModerationForm
from deliberation.services.appeals import ask_again
from deliberation.services.errors import Invalid, NotAllowed, WrongPhase
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round, end_proposals
from deliberation.services.statements import propose
from deliberation.services.withdrawal import withdraw
from tests.deliberation.browsing import HTMX, sit
from tests.deliberation.test_votes import at_once
from tests.factories import accepted, join, make_open, make_user, the_round

pytestmark = pytest.mark.django_db

TEXT = "It should speak my dialect."
WHY = "Many of us speak nothing else at home."
NUMBER = 5
APPEAL = f"/d/assistant/statements/{NUMBER}/appeal/"
QUEUE = "/organise/assistant/queue/"
DECIDE = f"/organise/assistant/statements/{NUMBER}/moderate/"


@pytest.fixture
def seat(deliberation: Deliberation) -> tuple[Client, Participant]:
    return sit(deliberation)


@pytest.fixture
def alice(deliberation: Deliberation) -> User:
    return User.objects.get(email="alice@example.org")


@pytest.fixture
def rejected(
    deliberation: Deliberation, seat: tuple[Client, Participant], alice: User
) -> Statement:
    """Proposed from the seat, turned down by alice, who owns the deliberation."""
    made = propose(participant=seat[1], round=the_round(deliberation), text=TEXT)
    return decide(made, "reject", alice)


def decide(statement: Statement, decision: str, actor: User | None, note: str = "") -> Statement:
    reason = "fits" if decision == "accept" else "unclear"
    moderate(
        statement=statement, decision=decision, reason=reason, note=note, actor=actor, role="owner"
    )
    statement.refresh_from_db()
    return statement


def colleague(deliberation: Deliberation, role: str = "moderator") -> User:
    bob = make_user("bob@example.org")
    Membership.objects.create(deliberation=deliberation, user=bob, role=role)
    return bob


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, address: str) -> str:
    return client.get(address).content.decode()


class TestAsking:
    def test_the_author_asks_once_and_sees_that_it_waits(self, seat, rejected: Statement):
        client, _ = seat
        assert APPEAL in page(client, "/d/assistant/propose/")
        form = page(client, APPEAL)
        assert TEXT in form
        assert "Hard to understand for others" in form
        assert client.post(APPEAL, {"text": WHY}).status_code == 303
        assert Appeal.objects.get(statement=rejected).text == WHY
        after = page(client, "/d/assistant/propose/")
        assert "You asked for a second look." in after
        assert APPEAL not in after

    def test_sent_twice_it_is_one_appeal_and_the_first_words_hold(self, seat, rejected: Statement):
        client, _ = seat
        sent = [client.post(APPEAL, {"text": text}) for text in (WHY, "Other words.")]
        assert [answer.status_code for answer in sent] == [303, 303]
        assert Appeal.objects.get().text == WHY
        assert AuditEntry.objects.filter(action="statement.appealed").count() == 1

    @pytest.mark.parametrize(
        ("text", "words"),
        [("", "Say why it should be shown."), ("  ", "Say why"), ("x" * 501, "at most 500")],
    )
    def test_what_does_not_hold_is_422_and_keeps_the_text(
        self, seat, rejected: Statement, text: str, words: str
    ):
        answer = seat[0].post(APPEAL, {"text": text})
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert f">{text}</textarea>" in answer.content.decode()
        assert not Appeal.objects.exists()

    def test_nobody_else_can_ask(self, deliberation: Deliberation, rejected: Statement):
        other, bob = sit(deliberation)
        assert other.get(APPEAL).status_code == 404
        assert other.post(APPEAL, {"text": WHY}).status_code == 404
        with pytest.raises(NotAllowed):
            ask_again(participant=bob, statement=rejected, text=WHY)
        assert not Appeal.objects.exists()

    def test_a_statement_that_waits_or_is_shown_is_not_asked_about(self, deliberation, seat, alice):
        client, author = seat
        made = propose(participant=author, round=the_round(deliberation), text=TEXT)
        for now in (made, decide(made, "accept", alice)):
            with pytest.raises(WrongPhase):
                ask_again(participant=author, statement=now, text=WHY)
            assert client.get(APPEAL).status_code == 409
        assert client.post(APPEAL, {"text": WHY}).status_code == 409

    @pytest.mark.parametrize("reason", ["taken_back", "source"])
    def test_what_no_moderator_turned_down_is_not_asked_about(self, deliberation, seat, reason):
        made = propose(participant=seat[1], round=the_round(deliberation), text=TEXT)
        Statement.objects.filter(pk=made.pk).update(status="rejected")
        ModerationDecision.objects.create(
            statement=made, decision="reject", reason=reason, created_at=timezone.now()
        )
        with pytest.raises(WrongPhase):
            ask_again(participant=seat[1], statement=made, text=WHY)

    def test_it_can_be_asked_for_until_the_round_is_closed(self, deliberation, seat, rejected):
        end_proposals(round=the_round(deliberation), actor=None)
        assert seat[0].get(APPEAL).status_code == 200
        close_round(round=the_round(deliberation), actor=None)
        answer = seat[0].post(APPEAL, {"text": WHY})
        assert answer.status_code == 409
        assert WHY in answer.content.decode()
        assert not Appeal.objects.exists()

    def test_who_has_left_cannot_ask(self, seat, rejected: Statement):
        withdraw(participant=seat[1])
        with pytest.raises(NotAllowed):
            ask_again(participant=seat[1], statement=rejected, text=WHY)

    def test_words_too_long_are_refused_by_the_service_too(self, seat, rejected: Statement):
        with pytest.raises(Invalid, match="500"):
            ask_again(participant=seat[1], statement=rejected, text="x" * 501)


@pytest.mark.django_db(transaction=True)
def test_asked_ten_times_at_once_it_is_one_appeal():
    deliberation = make_open()
    author = join(deliberation)
    statement = decide(
        propose(participant=author, round=the_round(deliberation), text=TEXT), "reject", None
    )
    made = at_once([lambda: ask_again(participant=author, statement=statement, text=WHY)] * 10)
    assert {one.pk for one in made} == {Appeal.objects.get().pk}
    assert AuditEntry.objects.filter(action="statement.appealed").count() == 1


class TestDecidingAgain:
    @pytest.fixture
    def appealed(self, seat, rejected: Statement) -> Statement:
        ask_again(participant=seat[1], statement=rejected, text=WHY)
        return rejected

    def test_it_waits_in_the_queue_with_the_authors_words(self, alice, appealed: Statement):
        html = page(signed_in(alice), QUEUE)
        assert "Waiting (1)" in html
        assert "The author asks for a second look:" in html
        assert WHY in html

    def test_another_moderator_accepts_it(self, deliberation, seat, appealed: Statement):
        client = signed_in(colleague(deliberation))
        answer = client.post(
            DECIDE, {"decision": "accept", "seen": "appealed", "tab": "waiting"}, headers=HTMX
        )
        assert answer.status_code == 200
        assert "Waiting (0)" in answer.content.decode()
        assert appealed in accepted(deliberation)
        decided = ModerationDecision.objects.filter(statement=appealed).latest("id")
        assert Appeal.objects.get().decided_at == decided.created_at
        told = page(seat[0], "/d/assistant/propose/")
        assert "A moderator looked again: now everyone can vote on it." in told
        audit = AuditEntry.objects.filter(action="statement.accepted").latest("id")
        assert audit.detail["second_look"] == "yes"

    def test_rejected_again_the_author_reads_the_new_reason(self, deliberation, seat, appealed):
        decide(appealed, "reject", colleague(deliberation), note="Say which dialect.")
        assert Appeal.objects.get().decided_at is not None
        told = page(seat[0], "/d/assistant/propose/")
        assert "A moderator looked again: it stays as it is." in told
        assert "Say which dialect." in told
        assert APPEAL not in told
        assert seat[0].get(APPEAL).status_code == 409

    def test_the_public_log_shows_both_decisions_and_not_the_appeal(self, deliberation, appealed):
        decide(appealed, "accept", colleague(deliberation))
        html = page(Client(), "/d/assistant/log/")
        lines = [line for line in html.split("<li>") if f"No. {NUMBER}<" in line]
        assert ["Not accepted" in line for line in lines] == [False, True]
        assert WHY not in html

    def test_whoever_turned_it_down_leaves_it_to_somebody_else(self, deliberation, alice, appealed):
        colleague(deliberation)
        client = signed_in(alice)
        html = page(client, QUEUE)
        assert "You decided on this before; someone else should look." in html
        assert DECIDE not in html
        answer = client.post(DECIDE, {"decision": "accept", "seen": "appealed"})
        assert answer.status_code == 403
        appealed.refresh_from_db()
        assert appealed.status == "rejected"
        assert Appeal.objects.get().decided_at is None

    @pytest.mark.parametrize("others", [[], ["recruiter"], ["auditor"], ["gone"]])
    def test_the_only_one_who_may_moderate_goes_on(self, deliberation, alice, appealed, others):
        for role in others:
            bob = colleague(deliberation, "moderator" if role == "gone" else role)
            User.objects.filter(pk=bob.pk).update(is_active=role != "gone")
        client = signed_in(alice)
        assert "Nobody else may moderate here" in page(client, QUEUE)
        sent = {"decision": "reject", "reason": "unclear", "seen": "appealed"}
        assert client.post(DECIDE, sent).status_code == 302
        assert Appeal.objects.get().decided_at is not None

    def test_who_decided_before_the_appeal_may_not_answer_it_from_another_tab(
        self, deliberation, alice, appealed
    ):
        colleague(deliberation)
        answer = signed_in(alice).get(DECIDE)
        assert "someone else should look" in answer.content.decode()
        assert '<form method="post" action="' + DECIDE not in answer.content.decode()

    def test_where_everyone_decided_before_nobody_is_kept_from_answering(
        self, deliberation, seat, alice
    ):
        bob = colleague(deliberation)
        made = propose(participant=seat[1], round=the_round(deliberation), text=TEXT)
        for decision, actor in (("reject", alice), ("accept", bob), ("reject", alice)):
            decide(made, decision, actor)
        ask_again(participant=seat[1], statement=made, text=WHY)
        assert decide(made, "accept", alice).status == "accepted"

    def test_of_two_who_answer_it_the_second_is_told(self, deliberation, appealed):
        bob = colleague(deliberation)
        sent = {"decision": "reject", "reason": "unclear", "seen": "appealed"}
        assert signed_in(bob).post(DECIDE, sent).status_code == 302
        late = signed_in(bob).post(DECIDE, sent | {"decision": "accept"})
        assert late.status_code == 409
        assert ModerationDecision.objects.filter(statement=appealed).count() == 2

    def test_a_decision_that_fails_leaves_the_appeal_open(self, deliberation, appealed):
        bob = colleague(deliberation)
        again = propose(participant=join(deliberation), round=the_round(deliberation), text=TEXT)
        decide(again, "accept", bob)
        with pytest.raises(Invalid, match="already there"):
            decide(appealed, "accept", bob)
        assert Appeal.objects.get().decided_at is None

    def test_after_closing_the_author_reads_that_nobody_looked(self, deliberation, seat, appealed):
        close_round(round=the_round(deliberation), actor=None)
        assert "The round ended before a moderator decided again." in page(
            seat[0], "/d/assistant/propose/"
        )


def test_moderators_are_not_offered_reasons_that_are_not_theirs(deliberation):
    offered = {code for code, _ in ModerationForm(the_round(deliberation)).fields["reason"].choices}
    never = {"fits", "source", "taken_back", "replaced", "mistake"}
    assert offered == set(ReasonCode.values) - never


def test_texts_in_the_queue_say_their_language_and_direction(deliberation, alice):
    arabic = "يجب أن يتكلم بلهجتي."
    propose(
        participant=join(deliberation),
        round=the_round(deliberation),
        text=arabic,
        language="ar",
    )
    html = page(signed_in(alice), QUEUE)
    assert f'lang="ar" dir="rtl"><q>{arabic}</q>' in html
