"""Search for a group that agrees on l statements, deserves l and has less: integer programming."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_array, csr_array, diags_array

from aggregation.engine.properties.cores import Core, Due
from aggregation.engine.properties.verdicts import Counterexample

CELLS = 250_000
"""Larger searches, in different ballots times statements, are not begun."""
DENSE = 2**26
"""Nor are ballots compared above this many people times statements."""
NODES = 5_000
"""Searches are given up after so many branches. Not a time: the answer must not depend on it."""
_OPTIMAL, _INFEASIBLE = 0, 2

Bools = NDArray[np.bool_]


def refute(due: Due, found: Core, deserved: int, name: str) -> Counterexample | bool | None:
    """A group in the core that refutes the property for l = ``deserved``.

    True if there is none, None if that could not be decided. name : "ejr" or "pjr".
    """
    if len(found.rows) * (len(found.columns) + int(due.chosen.sum())) > DENSE:
        return None
    likes, owned = found.likes(), _owned(due, found)
    if name == "ejr":
        owned = owned[:, :0]
    ballots, member = np.unique(np.hstack([likes, owned]), axis=0, return_inverse=True)
    if ballots.size > CELLS:
        return None
    weights = np.bincount(member.ravel(), weights=found.weights).astype(np.float64)
    width = likes.shape[1]
    need = deserved * due.everyone / due.seats
    agreed, allowed = _solve(ballots[:, :width], ballots[:, width:], weights, deserved, need)
    if agreed is None or allowed is None:
        return True if allowed is not None else None
    # Checked on whole numbers: whoever agrees with all of it and with nothing else selected.
    members = likes[:, agreed].all(axis=1) & ~owned[:, ~allowed].any(axis=1)
    if np.count_nonzero(agreed) < deserved or np.count_nonzero(allowed) >= deserved:
        return None
    if not due.deserves(int(found.weights[members].sum()), deserved):
        return None
    statements = tuple(found.columns[agreed].tolist())
    return due.story(name, found.rows[members], statements, deserved)


def _owned(due: Due, found: Core) -> Bools:
    """bool[people of the core, committee]: which selected statements each agrees with."""
    columns = np.flatnonzero(due.chosen)
    place = np.full(due.approved.n_statements, -1)
    place[columns] = np.arange(len(columns))
    member = np.full(due.approved.n_participants, -1)
    member[found.rows] = np.arange(len(found.rows))
    who, what = member[due.approved.rows], place[due.approved.indices]
    both = (who >= 0) & (what >= 0)
    result = np.zeros((len(found.rows), len(columns)), dtype=bool)
    result[who[both], what[both]] = True
    return result


def _solve(
    likes: Bools, owned: Bools, weights: NDArray[np.float64], deserved: int, need: float
) -> tuple[Bools | None, Bools | None]:
    """(statements agreed on, selected statements allowed) of a group that weighs at least need.

    (None, something) if there is no such group, (None, None) if undecided. Variables, all 0 or 1:
    statements t, ballots g in the group, selected statements u that the group may agree with.
    """
    (n, m), k = likes.shape, owned.shape[1]
    sizes = owned.sum(axis=1)
    rules = [
        # A ballot in the group likes every statement agreed on,
        [csr_array(likes.astype(float)), -deserved * diags_array(np.ones(n)), None],
        # and agrees with no selected statement that is not allowed.
        [None, -diags_array(sizes.astype(float)), csr_array(owned.astype(float))],
        [csr_array(np.ones((1, m))), None, None],
        [None, csr_array(weights[None, :]), None],
        [None, None, csr_array(np.ones((1, k)))],
    ]
    low = np.concatenate([np.zeros(2 * n), [deserved, need * (1 - 1e-9), 0]])
    high = np.concatenate([np.full(2 * n, np.inf), [deserved, np.inf, deserved - 1]])
    if not k:
        rules = [rule[:2] for at, rule in enumerate(rules) if at not in (1, 4)]
        low = np.delete(low, [*range(n, 2 * n), 2 * n + 2])
        high = np.delete(high, [*range(n, 2 * n), 2 * n + 2])
    found = milp(
        np.concatenate([np.zeros(m), -weights / max(weights.sum(), 1), np.zeros(k)]),
        integrality=np.ones(m + n + k),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(block_array(rules, format="csr"), low, high),
        options={"node_limit": NODES},
    )
    if found.status == _INFEASIBLE:
        return None, np.zeros(k, dtype=bool)
    if found.x is None:
        return None, None
    return found.x[:m] > 0.5, found.x[m + n :] > 0.5
