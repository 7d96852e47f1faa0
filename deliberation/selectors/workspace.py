"""What the workspace says: the whole way, what is missing, what needs attention, what comes next.

Counts only, and cheap: the page is the first that an organiser opens.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deliberation import figures
from deliberation.access import Managed
from deliberation.models import Approval, DrawnMember, Outgoing, Pool, Round
from deliberation.models.recruiting import Answer, DrawState, MailState
from deliberation.models.rounds import PAUSED, Phase
from deliberation.models.statements import Origin
from deliberation.phases import ever_allowed
from deliberation.services.rounds import Missing, missing_before_opening

from .queue import queue_state
from .watching import concerns


@dataclass(frozen=True)
class Pointer:
    """A sentence, and the page where one can do something about it; empty if there is none."""

    text: str
    address: str = ""


@dataclass(frozen=True)
class Step:
    """One step of the whole way. ``state`` is "done", "current" or "next"."""

    title: str
    text: str
    state: str
    address: str = ""
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Workspace:
    """Everything that the page says besides numbers."""

    missing: list[Pointer]
    attention: list[Pointer]
    following: list[str]
    steps: list[Step]


def workspace_of(managed: Managed) -> Workspace:
    """The state of a deliberation as its organisers need it."""
    round = managed.round
    missing = missing_before_opening(round) if round.phase == Phase.DRAFT else []
    return Workspace(
        missing=[Pointer(one.text, _address(managed, one.page)) for one in missing],
        attention=_attention(managed),
        following=_following(round),
        steps=_steps(managed, missing),
    )


def _address(managed: Managed, page: str, action: str = "view") -> str:
    """The page, for a role that may do something about it."""
    if not ever_allowed(managed.role, action):
        return ""
    try:
        return reverse(page, args=[managed.deliberation.slug])
    except NoReverseMatch:  # a page of an app above this one, which a site may leave out
        return ""


def _attention(managed: Managed) -> list[Pointer]:
    """What somebody should look at now, the most urgent first."""
    round = managed.round
    found = [*_late(managed), *_approvals(managed)]
    if managed.may("moderate"):
        found += _queue(managed)
    if managed.may("recruit"):
        found += [*_letters(managed), *_declined(managed), *_uninvited(managed)]
    if round.is_open:
        watch = _address(managed, "watch", "watch")
        found += [Pointer(sentence, watch) for sentence in concerns(round)]
    return found


def _late(managed: Managed) -> list[Pointer]:
    """The announced moment has come and the round is not open."""
    round = managed.round
    if round.phase != Phase.DRAFT or round.opens_at is None or round.opens_at > timezone.now():
        return []
    text = _("The round should have opened at %(moment)s. Open it by hand or choose another date.")
    when = figures.announced(round.opens_at, managed.deliberation.time_zone)
    return [Pointer(text % {"moment": when}, _address(managed, "dates", "schedule"))]


def _approvals(managed: Managed) -> list[Pointer]:
    waiting = Approval.objects.filter(deliberation=managed.deliberation, decided_at=None)
    page = _address(managed, "members", "members")
    return [
        Pointer(
            _("%(person)s asks for a second person to agree: %(action)s")
            % {"person": one.asked_by, "action": one.get_action_display()},
            page,
        )
        for one in waiting.select_related("asked_by").order_by("pk")
    ]


def _queue(managed: Managed) -> list[Pointer]:
    waiting = queue_state(managed.round).waiting
    if not waiting:
        return []
    text = ngettext(
        "%(n)d statement waits for a moderator.", "%(n)d statements wait for a moderator.", waiting
    )
    return [Pointer(text % {"n": waiting}, _address(managed, "queue", "moderate"))]


def _letters(managed: Managed) -> list[Pointer]:
    """E-mail that did not arrive."""
    lost = Outgoing.objects.filter(
        deliberation=managed.deliberation,
        contact__isnull=False,
        state__in=[MailState.FAILED, MailState.BOUNCED],
    ).count()
    if not lost:
        return []
    text = ngettext(
        "%(n)d letter did not reach anyone.", "%(n)d letters did not reach anyone.", lost
    )
    return [Pointer(text % {"n": lost}, _address(managed, "contacts", "contacts"))]


def _declined(managed: Managed) -> list[Pointer]:
    """People who were drawn, cannot come and were not replaced yet."""
    pool = Pool.objects.filter(panel=managed.deliberation.panel).first()
    if pool is None:
        return []
    states = dict(
        DrawnMember.objects.filter(draw__pool=pool, draw__state=DrawState.DONE)
        .values_list("answer")
        .annotate(n=Count("pk"))
    )
    coming = sum(states.values()) - states.get(Answer.DECLINED, 0)
    open_places = pool.seats - coming
    if not states or open_places <= 0:
        return []
    text = ngettext(
        "%(n)d place on the drawn panel is free. Draw a replacement.",
        "%(n)d places on the drawn panel are free. Draw replacements.",
        open_places,
    )
    return [Pointer(text % {"n": open_places}, _address(managed, "draws", "draw"))]


def _uninvited(managed: Managed) -> list[Pointer]:
    """People who were drawn and do not know it yet."""
    waiting = DrawnMember.objects.filter(
        draw__pool__panel=managed.deliberation.panel,
        draw__state=DrawState.DONE,
        seat=None,
        answer=Answer.OPEN,
    ).count()
    if not waiting:
        return []
    text = ngettext(
        "%(n)d person who was drawn waits for an invitation.",
        "%(n)d people who were drawn wait for an invitation.",
        waiting,
    )
    return [Pointer(text % {"n": waiting}, _address(managed, "draws", "draw"))]


def _following(round: Round) -> list[str]:
    """What happens next by itself, or what somebody has to do for it."""
    zone = round.deliberation.time_zone
    ahead = [
        (round.opens_at, round.phase == Phase.DRAFT, _("The round opens on %(moment)s.")),
        (
            round.proposals_end_at,
            round.phase in (Phase.DRAFT, Phase.PROPOSE),
            _("Proposing ends on %(moment)s."),
        ),
        (round.closes_at, round.phase != Phase.CLOSED, _("The round closes on %(moment)s.")),
    ]
    said = [
        text % {"moment": figures.announced(at, zone)}
        for at, still_ahead, text in ahead
        if at is not None and still_ahead and at > timezone.now()
    ]
    return said or [_by_hand(round)]


def _by_hand(round: Round) -> str:
    if round.deliberation.published_at is not None:
        return _("Nothing. The constitution is published, and anyone can check it.")
    return {
        Phase.DRAFT: _("You open the round by hand, when everything is ready."),
        Phase.PROPOSE: _("You end proposing by hand, then close the round."),
        Phase.VOTE: _("You close the round by hand."),
        PAUSED: _("You let voting go on by hand."),
        Phase.CLOSED: _("Draft the constitution from the results, and publish it."),
    }[round.stage if round.stage == PAUSED else Phase(round.phase)]


def _steps(managed: Managed, missing: list[Missing]) -> list[Step]:
    deliberation, round = managed.deliberation, managed.round
    here = _step_now(deliberation.published_at, round, missing)
    way = [
        (_("Question"), _question(round), "round_settings", "view"),
        (_("Plan"), _("How people vote, and how the votes are counted."), "plan", "view"),
        (_("Panel"), _panel(managed), "panel", "recruit"),
        (_("Seeds"), _seeds(round), "seeds", "view"),
        (_("Open"), _opened(round), "open_round", "open"),
        (_("Watch"), _("Who takes part, what waits, whether everyone is heard."), "watch", "watch"),
        (_("Close"), _closed(round), "close_round", "close"),
        (
            _("Constitution"),
            _("Draft it from the results, hold it against the baseline, publish it."),
            "constitution_workspace",
            "draft",
        ),
    ]
    lacking: dict[str, list[str]] = {}
    for one in missing:
        lacking.setdefault(one.page, []).append(one.text)
    return [
        Step(
            title=title,
            text=text,
            state="done"
            if place < here or (place < 4 and round.phase == Phase.DRAFT and page not in lacking)
            else "current"
            if place == here
            else "next",
            address=_step_address(managed, page, action, missing),
            missing=lacking.get(page, []),
        )
        for place, (title, text, page, action) in enumerate(way)
    ]


def _step_now(published_at: datetime | None, round: Round, missing: list[Missing]) -> int:
    """Which of the eight steps is under way; eight when all are done."""
    if published_at is not None:
        return 8
    if round.phase == Phase.DRAFT:
        order = ["round_settings", "plan", "panel", "seeds"]
        return min((order.index(one.page) for one in missing), default=4)
    return 7 if round.phase == Phase.CLOSED else 5


def _step_address(managed: Managed, page: str, action: str, missing: list[Missing]) -> str:
    """Pages of moves are there only while the move can be made."""
    if page in ("open_round", "close_round") and (missing or not managed.may(action)):
        return ""
    return _address(managed, page, action)


def _question(round: Round) -> str:
    if round.phase == Phase.DRAFT:
        return _("What the panel is asked, what people should know, what they agree to.")
    return _("Fixed at the opening. A change is public, with its reason.")


def _panel(managed: Managed) -> str:
    people = managed.deliberation.participants.filter(withdrawn_at=None).count()
    wanted = managed.deliberation.panel.size_wanted
    if wanted:
        return _("%(people)d of %(wanted)d people have joined.") % {
            "people": people,
            "wanted": wanted,
        }
    if people:
        return ngettext("%(n)d person has joined.", "%(n)d people have joined.", people) % {
            "n": people
        }
    return _("Who may take part, and how they are reached.")


def _seeds(round: Round) -> str:
    seeds = round.statements.counting().filter(origin=Origin.SEED).count()
    if not seeds:
        return _("Statements to begin with, so that the first people have something to vote on.")
    text = ngettext("%(n)d statement to begin with.", "%(n)d statements to begin with.", seeds)
    return text % {"n": seeds}


def _opened(round: Round) -> str:
    if round.opened_at is None:
        return _("Question, plan and texts are fixed, and people can vote.")
    return _("Opened on %(moment)s.") % {
        "moment": figures.announced(round.opened_at, round.deliberation.time_zone)
    }


def _closed(round: Round) -> str:
    if round.closed_at is None:
        return _("Votes are frozen and counted as the plan says.")
    return _("Closed on %(moment)s.") % {
        "moment": figures.announced(round.closed_at, round.deliberation.time_zone)
    }
