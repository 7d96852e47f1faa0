"""What the lottery says in codes, in words: contradictions between quotas, and steps of a draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from deliberation.lottery import Change, Contradiction, Recruits, Side
from deliberation.models.recruiting import Draw, DrawState

STEPS: Final[dict[str, Promise]] = {
    "checking": gettext_lazy("Checking that the quotas can be met"),
    "chances": gettext_lazy("Making the smallest chance as large as it can be"),
    "panels": gettext_lazy("Looking for panels that give everyone their chance"),
    "proving": gettext_lazy("Proving that no other way is fairer"),
    "lot": gettext_lazy("Drawing the lot"),
}
ALGORITHMS: Final[dict[str, Promise]] = {
    "leximin": gettext_lazy("Leximin: the smallest chance as large as possible, then the next"),
    "maximin": gettext_lazy("Maximin: the smallest chance as large as possible"),
}
# Key of ``Draw.report`` under which a draw that was not made keeps why.
FAILURE: Final = "failure"
_NOT_DRAWN: Final[dict[str, Promise]] = {
    "unsolved": gettext_lazy(
        "The computation came to no end. Nobody was drawn. Try somewhat wider quotas."
    ),
    "gave_up": gettext_lazy(
        "It failed %(n)d times, not by the quotas. Nobody was drawn. Try it again."
    ),
    "stopped": gettext_lazy("It was stopped by hand. Nobody was drawn."),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why no panel can be drawn, in a sentence; what would help; and where it belongs.

    stratum, value : names of the field beside which it is said; empty for the whole form.
    """

    message: str
    help: tuple[str, ...] = ()
    stratum: str = ""
    value: str = ""


def troubles(found: list[Contradiction]) -> list[Trouble]:
    """Each contradiction in words."""
    return [_WORDS[one.code](one) for one in found]


def not_drawn(failure: Mapping[str, Any]) -> str:
    """Why a draw was not made, a line for each reason.

    failure : what the draw keeps of it. ``code`` is "quotas", with ``found``, the contradictions;
        "unsolved"; "gave_up", with ``n``, how often it was tried; or "stopped", by a person.
    """
    if failure["code"] == "quotas":
        found = troubles([Contradiction.from_json(one) for one in failure["found"]])
        return "\n".join(" ".join([one.message, *one.help]) for one in found)
    return str(_NOT_DRAWN[failure["code"]]) % failure


def why_not_drawn(draw: Draw) -> str:
    """The same of a draw; of those before this was kept, what was written then."""
    failure = draw.report.get(FAILURE)
    return not_drawn(failure) if failure else draw.message


def step_words(step: str) -> str:
    """A step of a draw for people; nothing for one that is not known."""
    return str(STEPS.get(step, ""))


def under_way(state: str) -> bool:
    """Whether a draw is still to be waited for."""
    return state in (DrawState.QUEUED, DrawState.RUNNING)


def _seats_above_pool(found: Contradiction) -> Trouble:
    return Trouble(
        _("There are %(people)d people in the pool, and %(seats)d are to be drawn.") % _of(found),
        (_("Find more people, or draw fewer."),),
    )


def _reversed(found: Contradiction) -> Trouble:
    return _beside(
        found, _("“%(value)s” has a smallest number of %(minimum)d and a largest of %(maximum)d.")
    )


def _minimums(found: Contradiction) -> Trouble:
    return _beside(
        found,
        _(
            "The smallest numbers of “%(stratum)s” add up to %(total)d. "
            "That is more than the %(seats)d people to draw."
        ),
        _("Lower some of them, by %(more)d in all.")
        % {"more": int(found.params["total"]) - int(found.params["seats"])},
    )


def _maximums(found: Contradiction) -> Trouble:
    return _beside(
        found,
        _(
            "The largest numbers of “%(stratum)s” add up to %(total)d. "
            "That is fewer than the %(seats)d people to draw."
        ),
        _("Raise some of them, by %(more)d in all.")
        % {"more": int(found.params["seats"]) - int(found.params["total"])},
    )


def _too_few(found: Contradiction) -> Trouble:
    missing = int(found.params["minimum"]) - int(found.params["people"])
    return _beside(
        found,
        _("At least %(minimum)d people are to be “%(value)s”, but the pool does not have so many."),
        ngettext(
            "Find %(n)d more person, or lower the smallest number by as much.",
            "Find %(n)d more people, or lower the smallest number by as much.",
            missing,
        )
        % {"n": missing},
    )


def _too_few_for_seats(found: Contradiction) -> Trouble:
    return _beside(
        found,
        _(
            "With the largest numbers of “%(stratum)s” and the people there are, at most "
            "%(possible)d people can be drawn. %(seats)d are wanted."
        ),
        _("Raise a largest number of a value that many people have."),
    )


def _unknown(found: Contradiction) -> Trouble:
    if not found.params["value"]:
        words = _("%(people)d people in the pool have no value for “%(stratum)s”.")
    else:
        words = _(
            "%(people)d people in the pool are “%(value)s”, "
            "which is not among the values of “%(stratum)s”."
        )
    return Trouble(words % _of(found), stratum=str(found.params["stratum"]))


def _together(found: Contradiction) -> Trouble:
    conflict = _listed([_side(side) for side in found.conflict])
    if conflict:
        words = _("No panel of %(seats)d from this pool has all of this: %(quotas)s.")
    else:
        words = _("No panel of %(seats)d from this pool meets all quotas together.")
    ways = []
    if found.changes:
        ways.append(
            _("The smallest change that helps: %(changes)s.")
            % {"changes": _listed([_change(change) for change in found.changes])}
        )
    if found.recruits:
        ways.append(
            _("Or find more people: %(people)s.")
            % {"people": _listed([_recruits(one) for one in found.recruits])}
        )
    return Trouble(words % {"seats": found.params["seats"], "quotas": conflict}, tuple(ways))


def _side(side: Side) -> str:
    words = (
        _("at least %(n)d “%(value)s”")
        if side.side == "minimum"
        else _("at most %(n)d “%(value)s”")
    )
    return words % {"n": side.bound, "value": side.value}


def _change(change: Change) -> str:
    words = (
        _("at least %(then)d instead of %(now)d “%(value)s”")
        if change.side == "minimum"
        else _("at most %(then)d instead of %(now)d “%(value)s”")
    )
    return words % {"then": change.then, "now": change.now, "value": change.value}


def _recruits(one: Recruits) -> str:
    values = pgettext("between the values of one person", " and ").join(one.values.values())
    words = ngettext("%(n)d who is %(values)s", "%(n)d who are %(values)s", one.people)
    return words % {"n": one.people, "values": values}


def _listed(parts: list[str]) -> str:
    # Translators: what stands between the parts of a list.
    return pgettext("list", "; ").join(parts)


def _beside(found: Contradiction, words: str, *ways: str) -> Trouble:
    stratum, value = found.params.get("stratum", ""), found.params.get("value", "")
    return Trouble(words % _of(found), ways, str(stratum), str(value))


def _of(found: Contradiction) -> Mapping[str, Any]:
    return dict(found.params)


_WORDS: Final[dict[str, Callable[[Contradiction], Trouble]]] = {
    "seats_above_pool": _seats_above_pool,
    "quota_reversed": _reversed,
    "minimums_above_seats": _minimums,
    "maximums_below_seats": _maximums,
    "too_few_people": _too_few,
    "too_few_for_seats": _too_few_for_seats,
    "value_unknown": _unknown,
    "together": _together,
}
