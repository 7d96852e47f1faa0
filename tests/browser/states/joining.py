"""Taking a seat and coming back to it."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import expect

from deliberation.services.deliberations import update_draft
from deliberation.services.panels import IssuedSeat, issue_seats, reissue_seat, take_seat
from deliberation.services.profiles import answer_questions
from deliberation.services.returning import make_return_link
from deliberation.services.rounds import consent_hash, open_round
from tests.browser.states.base import (
    Visit,
    asking,
    by_invitation,
    early_bird,
    in_preparation,
    state,
)
from tests.factories import join, the_round


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


@state("join", "agree again", world=in_preparation)
def agreeing_again(at: Visit) -> None:
    me = early_bird(at)
    if the_round(at.deliberation).phase == "draft":
        text = "You are asked to vote. The town pays for it."
        update_draft(deliberation=at.deliberation, actor=None, consent_text=text)
        open_round(round=the_round(at.deliberation), actor=None)
    at.seat(me)
    at.go("join")


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
