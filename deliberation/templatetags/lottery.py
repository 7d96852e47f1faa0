"""Template tags of the lottery: shares and chances as people read them."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from deliberation import figures
from deliberation.lottery_words import ALGORITHMS, step_words
from deliberation.selectors.draws import has_public_lottery

register = template.Library()

register.filter("step_of_draw", step_words)
register.simple_tag(has_public_lottery)


@register.filter
def share_words(share: float) -> str:
    """0.185 is “18.5 %”, 0.18 is “18 %”."""
    return figures.in_percent(figures.decimal(round(100 * share, 1)))


@register.filter
def chance_words(chance: float) -> str:
    """A chance with one decimal, or two below one percent: 0.0612 is “6.1 %”."""
    return figures.in_percent(figures.fixed(100 * chance, 1 if chance >= 0.01 else 2))


@register.filter
def one_in(chance: float) -> str:
    """0.08 is “1 in 13”."""
    return _("1 in %(n)s") % {"n": figures.decimal(round(1 / chance))} if chance > 0 else "–"


@register.filter
def algorithm_words(algorithm: str) -> str:
    """What an algorithm does, in one line."""
    return str(ALGORITHMS.get(algorithm, algorithm))


@register.filter
def hidden_count(count: int | None) -> str:
    """A count of people; words where it is kept back (``selectors.pools.shielded``)."""
    return _("not shown") if count is None else number_format(count, force_grouping=True)
