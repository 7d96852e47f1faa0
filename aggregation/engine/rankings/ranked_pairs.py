"""Ranked pairs: the strongest wins are locked in first, and none that would close a circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.pairs import Pairs
from aggregation.engine.params import ParamValue
from aggregation.engine.rankings.ranking import (
    MARGINS,
    Ranking,
    blocks,
    layers,
    ranked,
    select_best,
    strengths,
)
from aggregation.engine.selection import Evidence, Selection
from aggregation.engine.ties import TieBreaker


def ranked_pairs(counts: Pairs, *, strength: str = MARGINS, ties: TieBreaker) -> Ranking:
    """Rank by locking in wins, strongest first.

    A win is left out if it would close a circle with stronger ones. Where equally strong wins
    cannot all be locked, those over the statement that the rule for ties puts last go first, so
    that what it puts first is beaten last, and of these the one by the statement it puts first;
    each such tie is recorded with the statements whose win was left out. Statements between
    which no locked wins lead are level; the levels are layers as in Schulze's rule.

    strength : what makes a win strong, "margins" or "winning_votes".
    The scores are the numbers of statements locked below; matrix[j, k] is 1 where j is locked
    above k. Condorcet, Smith, monotonicity; independence of clones where the rule for ties puts
    clones next to each other. O(m² log m), and one pass over sets of m bits per locked win.
    Tideman 1987, Social Choice and Welfare 4, 185-206; Zavist & Tideman 1989, ibid. 6, 167-173.
    """
    wins = strengths(counts, strength)
    above = wins > 0
    places = ties.places()
    for block in blocks(counts.margins):
        if len(block) > 2:
            # In the order of the rule for ties, so that positions settle what is level.
            ordered = block[np.argsort(places[block])]
            square = np.ix_(ordered, ordered)
            above[square], level = _locked(wins[square])
            for refused in level:
                ties.order([int(ordered[at]) for at in refused], "order of equally strong wins")
    scores = above.sum(axis=1).astype(np.float64)
    return ranked(layers(above), scores, above.astype(np.int64), ties)


def _locked(wins: NDArray[np.int64]) -> tuple[NDArray[np.bool_], list[list[int]]]:
    """Lock in what goes in, statements being in the order that settles ties.

    Returns bool[c, c], who stands above whom by the locked wins and what follows from them; and
    for every strength at which the order mattered, the statements of the wins left out for it.
    """
    # Bit k of below[j]: j stands above k. Bit k of above[j]: k stands above j. Both include j.
    below = [1 << at for at in range(len(wins))]
    above, before = below.copy(), below.copy()
    refused: dict[int, set[int]] = {}
    now = -1
    for high, low, strong in _falling(wins):
        if strong != now:
            now, before = strong, below.copy()
        lower, higher = below[low], above[high]
        if lower >> high & 1:
            if not before[low] >> high & 1:
                # Only equally strong wins, locked just before, speak against this one.
                refused.setdefault(strong, set()).update((high, low))
        elif not below[high] >> low & 1:
            # Written out, because this is done tens of thousands of times.
            newly_above, newly_below = higher & ~above[low], lower & ~below[high]
            while newly_above:
                at = newly_above.bit_length() - 1
                below[at] |= lower
                newly_above ^= 1 << at
            while newly_below:
                at = newly_below.bit_length() - 1
                above[at] |= higher
                newly_below ^= 1 << at
    return _unpacked(below), [sorted(level) for level in refused.values()]


def _falling(wins: NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """(winner, loser, strength), strongest first; then by last loser, then by first winner."""
    from_last, winner = np.nonzero(wins.T[::-1])
    loser = len(wins) - 1 - from_last
    strength = wins[winner, loser]
    # numpy sorts 16-bit keys by radix, in one pass over them.
    narrow = int(strength.max(initial=0)) < 2**15
    order = np.argsort(-strength.astype(np.int16) if narrow else -strength, kind="stable")
    return zip(winner[order].tolist(), loser[order].tolist(), strength[order].tolist(), strict=True)


def _unpacked(below: list[int]) -> NDArray[np.bool_]:
    m = len(below)
    size = (m + 7) // 8
    packed = np.frombuffer(b"".join(word.to_bytes(size, "little") for word in below), np.uint8)
    bits = np.unpackbits(packed.reshape(m, size), axis=1, count=m, bitorder="little")
    np.fill_diagonal(bits, 0)
    return bits.astype(np.bool_)


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, min_votes, strength."""
    kind = str(params["strength"])
    return select_best(
        "ranked_pairs",
        evidence,
        params,
        lambda counts, ties: ranked_pairs(counts, strength=kind, ties=ties),
    )
