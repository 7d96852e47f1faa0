"""Open a round, by one person or by two."""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.utils.translation import gettext as _

from deliberation.models import Draw, Round, User
from deliberation.models.deliberations import TwoPeopleAction
from deliberation.models.recruiting import DrawState

from .approvals import agreed
from .errors import WrongPhase
from .rounds import frozen_hash, open_round, what_is_missing


def needs_two_people(round: Round) -> bool:
    """Whether a second person has to agree before this round opens: its panel was drawn by lot."""
    return round.deliberation.two_people and bool(_draws(round))


def ask_to_open(*, round: Round, phase: str, actor: User, seen: str) -> bool:
    """Open, or ask for the second person where the deliberation wants two. True: it is open.

    What is agreed to is everything that is fixed at opening, the draws, and the phase.
    seen : ``opening_digest`` of what ``actor`` has read; asked for where two are needed.
    Raises WrongPhase as ``open_round`` does, and if something changed since it was read.
    """
    with transaction.atomic():
        if not what_is_missing(round) and needs_two_people(round):
            if seen != opening_digest(round):
                raise WrongPhase(
                    _("Something was changed after you opened this page. Go back and read it.")
                )
            digest = opening_digest(round, phase)
            if not agreed(
                deliberation=round.deliberation,
                action=TwoPeopleAction.OPEN,
                digest=digest,
                actor=actor,
            ):
                return False
        open_round(round=round, actor=actor, phase=phase)
    return True


def opening_digest(round: Round, phase: str = "") -> str:
    """SHA-256 of what opening would fix, of the draws behind the panel, and of the phase."""
    draws = [f"{number}:{digest}:{seed}" for number, digest, seed in _draws(round)]
    return hashlib.sha256("\n".join([frozen_hash(round), phase, *draws]).encode()).hexdigest()


def _draws(round: Round) -> list[tuple[int, str, str]]:
    done = Draw.objects.filter(
        pool__panel__deliberation=round.deliberation_id, state=DrawState.DONE
    )
    return list(done.order_by("number").values_list("number", "pool_digest", "seed"))
