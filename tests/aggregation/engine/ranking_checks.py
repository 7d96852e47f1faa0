"""Guarantees of rankings, checked the slow way from the votes alone.

Each check takes the votes and ``pick(matrix, seats) -> statement ids``, the rule as plans use it
with every statement ranked (``EVERY_STATEMENT`` among its settings), and says what is wrong, or
None. ``CHECKS`` has them by the id under which rules claim them in the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aggregation.engine import VoteMatrix

Pick = Callable[[VoteMatrix, int], Sequence[int]]
Ballots = list[dict[int, int]]

EVERY_STATEMENT = {"min_votes": 0}


def ballots(matrix: VoteMatrix) -> Ballots:
    """For each person the votes by statement id."""
    return [
        {
            int(matrix.statement_ids[matrix.indices[cell]]): int(matrix.values[cell])
            for cell in range(matrix.indptr[row], matrix.indptr[row + 1])
        }
        for row in range(matrix.n_participants)
    ]


def votes(people: Ballots, weights: Sequence[int] | None = None) -> VoteMatrix:
    """The same the other way round. weights : thousandths."""
    cells = [(who, what, vote) for who, own in enumerate(people) for what, vote in own.items()]
    who, what, value = zip(*cells, strict=True) if cells else ((), (), ())
    matrix = VoteMatrix.from_triplets(who, what, value, participant_ids=range(len(people)))
    return matrix if weights is None else matrix.weighted(weights)


def margin(people: Ballots, one: int, other: int) -> int:
    """Ballots that put one above the other, less those that do the opposite."""
    both = [own for own in people if one in own and other in own]
    return sum((own[one] > own[other]) - (own[one] < own[other]) for own in both)


def ranked_statements(people: Ballots) -> list[int]:
    return sorted({statement for own in people for statement in own})


def condorcet_winner(people: Ballots) -> int | None:
    every = ranked_statements(people)
    for one in every:
        if all(margin(people, one, other) > 0 for other in every if other != one):
            return one
    return None


def smith_set(people: Ballots) -> set[int]:
    """The smallest set that wins against everyone outside: grown from each single statement."""
    every = ranked_statements(people)
    grown = []
    for one in every:
        inside = {one}
        while True:
            held = {
                other
                for other in set(every) - inside
                if any(margin(people, member, other) <= 0 for member in inside)
            }
            if not held:
                break
            inside |= held
        grown.append(inside)
    return min(grown, key=len, default=set())


def condorcet(matrix: VoteMatrix, pick: Pick) -> str | None:
    """A statement that wins against every other one comes first."""
    winner = condorcet_winner(ballots(matrix))
    first = list(pick(matrix, 1))
    if winner is None or first == [winner]:
        return None
    return f"{winner} wins against all others, but {first} was selected"


def smith(matrix: VoteMatrix, pick: Pick) -> str | None:
    """The statements that win against all others stand above these, for every number of seats."""
    best = smith_set(ballots(matrix))
    for seats in range(1, matrix.n_statements + 1):
        chosen = set(pick(matrix, seats))
        if not (chosen <= best or best <= chosen):
            return f"{sorted(best)} win against all others, but {sorted(chosen)} were selected"
    return None


def clone_independent(matrix: VoteMatrix, pick: Pick) -> str | None:
    """A copy of any statement, with the same votes, changes nothing about which one wins."""
    people = [{2 * what: vote for what, vote in own.items()} for own in ballots(matrix)]
    before = list(pick(votes(people), 1))
    for original in ranked_statements(people):
        copied = [own | {original + 1: own[original]} if original in own else own for own in people]
        after = [what - what % 2 for what in pick(votes(copied), 1)]
        if after != before:
            return f"with a copy of {original // 2}, {after} won instead of {before}"
    return None


def monotone(matrix: VoteMatrix, pick: Pick) -> str | None:
    """A person who moves the winner up does not make it lose."""
    people = ballots(matrix)
    winner = list(pick(matrix, 1))
    for who, own in enumerate(people):
        for better in range(own.get(winner[0], 1) + 1, 2):
            raised = [*people[:who], own | {winner[0]: better}, *people[who + 1 :]]
            if list(pick(votes(raised), 1)) != winner:
                return f"{winner} lost when person {who} moved it up to {better}"
    return None


CHECKS: dict[str, Callable[[VoteMatrix, Pick], str | None]] = {
    "condorcet": condorcet,
    "smith": smith,
    "clone_independent": clone_independent,
    "monotone": monotone,
}
