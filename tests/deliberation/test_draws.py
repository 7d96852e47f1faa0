"""Draws: asked for once, invited, answered, replaced; and who may do and see what."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from deliberation.models import AuditEntry, Contact, Deliberation, Draw, DrawnMember, Seat, User
from deliberation.models.recruiting import Answer, DrawState
from deliberation.selectors.draws import lottery_state
from deliberation.services import draws as services
from deliberation.services.draws import (
    answer,
    cancel_draw,
    give_up_on_silent,
    invite_drawn,
    open_places,
    start_draw,
    start_replacement,
    tell_not_drawn,
)
from deliberation.services.errors import Invalid, WrongPhase
from deliberation.services.outbox import send_due
from deliberation.services.panels import take_seat
from deliberation.services.pools import fix_pool
from deliberation.services.recruiting import seat_link_token
from deliberation.services.rounds import consent_hash
from tests.deliberation.drawing import SEED, execute, make_draw, make_pool
from tests.deliberation.organising import sign_in_as
from tests.factories import make_deliberation, the_round

pytestmark = pytest.mark.django_db
PAGE = "/organise/assistant/draws/"


@pytest.fixture(autouse=True)
def _mail(settings) -> None:
    settings.MAIL_OFFERED, settings.MAIL_LINKS = True, "https://moot.example.org"


@pytest.fixture
def deliberation() -> Deliberation:
    return make_deliberation()


@pytest.fixture
def drawn(deliberation: Deliberation) -> Draw:
    return make_draw(make_pool(deliberation))


def first_of(draw: Draw) -> DrawnMember:
    return DrawnMember.objects.filter(draw=draw).order_by("pk")[0]


class TestAsking:
    def test_a_pool_that_is_not_fixed_draws_nobody(self, deliberation: Deliberation) -> None:
        pool = make_pool(deliberation)
        with pytest.raises(WrongPhase, match="Fix the pool first"):
            start_draw(pool=pool, seed=SEED, actor=None)

    @pytest.mark.parametrize("seed", ["", "   ", "x" * 201])
    def test_a_seed_has_to_be_there(self, deliberation: Deliberation, seed: str) -> None:
        pool = make_pool(deliberation)
        fix_pool(pool=pool, actor=None)
        with pytest.raises(Invalid):
            start_draw(pool=pool, seed=seed, actor=None)

    def test_one_draw_at_a_time(self, deliberation: Deliberation) -> None:
        pool = make_pool(deliberation)
        fix_pool(pool=pool, actor=None)
        start_draw(pool=pool, seed=SEED, actor=None)
        with pytest.raises(WrongPhase, match="under way"):
            start_draw(pool=pool, seed="another", actor=None)

    def test_there_is_no_second_try(self, drawn: Draw) -> None:
        with pytest.raises(WrongPhase, match="no second try"):
            start_draw(pool=drawn.pool, seed="another", actor=None)

    def test_a_draw_that_was_stopped_may_be_asked_for_again(
        self, deliberation: Deliberation
    ) -> None:
        pool = make_pool(deliberation)
        fix_pool(pool=pool, actor=None)
        draw = start_draw(pool=pool, seed=SEED, actor=None)
        cancel_draw(draw=draw, actor=None)
        draw.refresh_from_db()
        assert (draw.state, draw.message) == ("failed", "It was stopped by hand. Nobody was drawn.")
        assert start_draw(pool=pool, seed=SEED, actor=None).number == 2
        with pytest.raises(WrongPhase):
            cancel_draw(draw=draw, actor=None)

    def test_the_quotas_and_the_fingerprint_are_kept_with_it(self, drawn: Draw) -> None:
        assert drawn.pool_digest == drawn.pool.digest
        assert drawn.quotas[0]["stratum"] == "Age group"
        assert drawn.quotas[0]["values"][0] == {
            "value": "16–39",
            "minimum": 3,
            "maximum": 5,
            "share": 0.4,
        }


class TestDrawing:
    def test_the_panel_is_full_and_meets_the_quotas(self, drawn: Draw) -> None:
        assert drawn.state == DrawState.DONE
        people = [one.member.values for one in drawn.drawn.select_related("member")]
        assert len(people) == 10
        for stratum in drawn.quotas:
            for quota in stratum["values"]:
                count = sum(p[stratum["stratum"]] == quota["value"] for p in people)
                assert quota["minimum"] <= count <= quota["maximum"]


class TestInviting:
    def test_everyone_gets_a_seat_and_a_letter_once(self, drawn: Draw) -> None:
        assert invite_drawn(draw=drawn, actor=None) == 10
        assert invite_drawn(draw=drawn, actor=None) == 0
        send_due()
        assert len(mail.outbox) == 10
        assert Seat.objects.count() == 10
        assert not DrawnMember.objects.filter(seat=None).exists()
        assert not Contact.objects.filter(seat__isnull=False, pool_member__drawn=None).exists()

    def test_the_letter_leads_to_an_answer_and_the_answer_to_the_seat(
        self, drawn: Draw, client: Client
    ) -> None:
        invite_drawn(draw=drawn, actor=None)
        send_due()
        link = re.search(
            r"https://moot\.example\.org(/d/assistant/answer/\S+)", mail.outbox[0].body
        )
        assert link is not None
        assert "You are one of 10 people who were drawn" in client.get(link[1]).content.decode()
        assert DrawnMember.objects.filter(answer=Answer.OPEN).count() == 10
        page = client.post(link[1], {"comes": "yes"}, follow=True).content.decode()
        assert DrawnMember.objects.filter(answer=Answer.ACCEPTED).count() == 1
        seat = re.search(r'href="(/d/assistant/seat/[^"]+)"', page)
        assert seat is not None
        assert "Before you start" in client.get(seat[1]).content.decode()

    def test_the_others_are_thanked_once(self, drawn: Draw) -> None:
        assert tell_not_drawn(pool=drawn.pool, actor=None) == 50
        assert tell_not_drawn(pool=drawn.pool, actor=None) == 0
        send_due()
        assert {letter.subject.split(" – ")[0] for letter in mail.outbox} == {
            "You were not drawn this time"
        }

    def test_a_link_that_is_not_ours_is_gone(self, drawn: Draw, client: Client) -> None:
        assert client.get("/d/assistant/answer/AAAAAAAAAAAAAAAAAAAAAA/").status_code == 410


class TestAnswering:
    def test_a_no_ends_the_seat_link_and_frees_the_place(self, drawn: Draw) -> None:
        invite_drawn(draw=drawn, actor=None)
        one = answer(drawn=first_of(drawn), comes=False)
        one.seat.refresh_from_db()
        assert one.seat.revoked_at is not None
        assert open_places(drawn.pool) == 1
        with pytest.raises(WrongPhase, match="goes to someone else"):
            answer(drawn=one, comes=True)

    def test_a_yes_may_become_a_no(self, drawn: Draw) -> None:
        one = answer(drawn=first_of(drawn), comes=True)
        assert answer(drawn=one, comes=False).answer == Answer.DECLINED

    def test_whoever_sits_down_has_accepted(self, drawn: Draw, deliberation: Deliberation) -> None:
        invite_drawn(draw=drawn, actor=None)
        one = first_of(drawn)
        take_seat(
            deliberation=deliberation,
            token=seat_link_token(one.seat),
            consent_hash=consent_hash(the_round(deliberation)),
        )
        state = lottery_state(deliberation.panel)
        assert (state.accepted, state.waiting, state.declined) == (1, 9, 0)
        with pytest.raises(WrongPhase, match="seat is taken"):
            answer(drawn=first_of(drawn), comes=False)

    def test_silence_counts_from_the_day_of_the_letter(self, drawn: Draw) -> None:
        invite_drawn(draw=drawn, actor=None)
        answer(drawn=first_of(drawn), comes=True)
        now = timezone.now()
        assert give_up_on_silent(pool=drawn.pool, before=now - timedelta(days=1), actor=None) == 0
        assert give_up_on_silent(pool=drawn.pool, before=now, actor=None) == 9
        assert open_places(drawn.pool) == 9


class TestReplacing:
    def test_the_places_are_filled_with_the_quotas_that_are_left(self, drawn: Draw) -> None:
        gone = list(DrawnMember.objects.filter(draw=drawn).order_by("pk")[:4])
        for one in gone:
            answer(drawn=one, comes=False)
        more = make_replacement(drawn)
        assert (more.seats, more.replacement, more.drawn.count()) == (4, True, 4)
        panel = services.staying(drawn.pool).select_related("member")
        assert panel.count() == 10
        for stratum in drawn.quotas:
            for quota in stratum["values"]:
                count = sum(
                    one.member.values[stratum["stratum"]] == quota["value"] for one in panel
                )
                assert quota["minimum"] <= count <= quota["maximum"]
        assert not {one.member_id for one in gone} & {one.member_id for one in more.drawn.all()}

    def test_nobody_is_replaced_while_all_places_are_held(self, drawn: Draw) -> None:
        with pytest.raises(WrongPhase, match="No place is free"):
            start_replacement(pool=drawn.pool, seed="another", actor=None)

    def test_a_seed_is_used_once(self, drawn: Draw) -> None:
        answer(drawn=first_of(drawn), comes=False)
        with pytest.raises(Invalid, match="earlier draw"):
            start_replacement(pool=drawn.pool, seed=SEED, actor=None)


def make_replacement(drawn: Draw) -> Draw:
    return execute(start_replacement(pool=drawn.pool, seed="another", actor=None))


class TestPages:
    def test_step_by_step_in_the_browser(self, client: Client, deliberation: Deliberation) -> None:
        make_pool(deliberation)
        client.force_login(User.objects.get(email="alice@example.org"))
        assert "Fix the pool and publish its fingerprint" in client.get(PAGE).content.decode()
        assert client.post(PAGE, {"do": "fix"}).status_code == 302
        empty = client.post(PAGE, {"do": "draw", "seed": ""})
        assert empty.status_code == 422
        assert "Write the public seed." in empty.content.decode()
        asked = client.post(PAGE, {"do": "draw", "seed": SEED})
        assert asked["Location"] == "/organise/assistant/draws/1/"
        assert "Waiting for a worker" in client.get(asked["Location"]).content.decode()

    def test_quotas_that_cannot_be_met_are_said_before_anything_is_fixed(
        self, client: Client, deliberation: Deliberation
    ) -> None:
        pool = make_pool(deliberation, 12, seats=10)
        client.force_login(User.objects.get(email="alice@example.org"))
        pool.panel.strata.get(name="Place").values.filter(value="village").update(
            minimum=6, maximum=8
        )
        text = client.post(PAGE, {"do": "fix"}).content.decode()
        assert "No panel can be drawn yet" in text
        pool.refresh_from_db()
        assert pool.frozen_at is None

    def test_names_are_for_those_only_who_see_contacts(self, client: Client, drawn: Draw) -> None:
        name = first_of(drawn).member.contact.name
        for role, there in (("recruiter", True), ("organiser", False)):
            visitor = Client()
            sign_in_as(visitor, role, drawn.pool.panel.deliberation)
            text = visitor.get(f"{PAGE}1/").content.decode()
            assert (f"{name}<" in text) is there
            assert visitor.get(f"{PAGE}1/people.csv").status_code == (200 if there else 403)

    def test_a_recruiter_notes_an_answer_and_it_is_on_record_without_a_name(
        self, drawn: Draw
    ) -> None:
        visitor, one = Client(), first_of(drawn)
        sign_in_as(visitor, "recruiter", drawn.pool.panel.deliberation)
        visitor.post(f"{PAGE}1/", {"do": "declined", "drawn": one.pk})
        one.refresh_from_db()
        assert one.answer == Answer.DECLINED
        entry = AuditEntry.objects.get(action="drawn.answered")
        assert one.member.contact.name not in f"{entry.subject}{entry.detail}"

    def test_an_organiser_notes_no_answers(self, drawn: Draw) -> None:
        visitor, one = Client(), first_of(drawn)
        sign_in_as(visitor, "organiser", drawn.pool.panel.deliberation)
        assert visitor.post(f"{PAGE}1/", {"do": "declined", "drawn": one.pk}).status_code == 403

    @pytest.mark.parametrize(
        ("role", "status"), [("outsider", 404), ("moderator", 403), ("auditor", 403)]
    )
    def test_others_see_nothing(
        self, client: Client, deliberation: Deliberation, role: str, status: int
    ) -> None:
        sign_in_as(client, role, deliberation)
        assert client.get(PAGE).status_code == status
