"""From chances to people: tickets, the lot, and who of a kind it is. All of it by SHA-256.

Nothing here depends on a solver, a machine or a random generator, so anyone can redo it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

import numpy as np

from .errors import LotteryError
from .kinds import Floats, Ints, Kinds
from .results import Lot

TICKETS: Final = 1_000_000_000


def pool_digest(features: Sequence[Mapping[str, str]], ids: Sequence[str]) -> str:
    """SHA-256 (hex) of who is in the pool, whatever the order of the rows.

    The digest of the lines ``["id", [["stratum", "value"], …]]`` as JSON in UTF-8 without spaces,
    strata in order of their names, lines in order of their bytes, each ended by a line feed.
    Raises LotteryError("ids_repeated").
    """
    if len(set(ids)) != len(ids):
        raise LotteryError("ids_repeated")
    lines = sorted(
        _json([name, sorted(row.items())]) for name, row in zip(ids, features, strict=True)
    )
    return sha256(b"".join(line + b"\n" for line in lines)).hexdigest()


def lot_number(seed: str, pool_digest: str, tickets: int = TICKETS) -> int:
    """The ticket that wins: SHA-256 of "seed\\ndigest" as a fraction of 2**256, times tickets."""
    fraction = int.from_bytes(sha256(f"{seed}\n{pool_digest}".encode()).digest(), "big")
    return fraction * tickets >> 256


def replay(seed: str, pool_digest: str, tickets: Sequence[int]) -> tuple[int, int]:
    """(number of the ticket that wins, number of the panel that holds it), both from 0.

    tickets : how many each panel holds, in the order of the draw report.
    """
    number = lot_number(seed, pool_digest, sum(tickets))
    held = np.cumsum(np.asarray(tickets, dtype=np.int64))
    return number, int(np.searchsorted(held, number, side="right"))


def tickets_for(chances: Floats) -> Ints:
    """Whole tickets, as near to the chances as can be (largest remainder); sums to TICKETS.

    chances : shape (panels,), each at least 0, sum about 1.
    """
    exact = chances / chances.sum() * TICKETS
    whole: Ints = np.floor(exact).astype(np.int64)
    missing = TICKETS - int(whole.sum())
    first = np.argsort(-(exact - whole), kind="stable")[:missing]
    whole[first] += 1
    return whole


def cast_lot(
    kinds: Kinds, panels: Sequence[Ints], tickets: Ints, *, seed: str, digest: str, pool: str
) -> Lot:
    """Which of the panels it is. panels : counts per kind, none twice, sorted by the caller.

    pool : ``pool_digest`` of everyone. Panels are hashed together with it, since what a panel of
    few kinds is made of could be guessed from its hash alone.
    """
    number, place = replay(seed, digest, [int(one) for one in tickets])
    digests = tuple(sha256(_described(kinds, panel, pool)).hexdigest() for panel in panels)
    whole = _json([[int(n), name] for n, name in zip(tickets, digests, strict=True)])
    return Lot(
        seed=seed,
        pool_digest=digest,
        number=number,
        panel=place,
        tickets=tuple(int(one) for one in tickets),
        panels=digests,
        portfolio_digest=sha256(whole).hexdigest(),
    )


def people_of(
    kinds: Kinds, panel: Ints, ids: Sequence[str], *, seed: str, digest: str
) -> tuple[int, ...]:
    """The rows that are drawn: of each kind, those whose own lots are lowest.

    One's own lot is SHA-256 of "seed\\ndigest\\nid", so that equal people have equal chances and
    the order of the rows does not matter.
    """
    own = [sha256(f"{seed}\n{digest}\n{name}".encode()).digest() for name in ids]
    rows: list[int] = []
    for kind in np.flatnonzero(panel):
        of_kind = np.flatnonzero(kinds.of_row == kind)
        rows += sorted((int(row) for row in of_kind), key=lambda row: own[row])[: panel[kind]]
    return tuple(sorted(rows))


def _described(kinds: Kinds, panel: Ints, pool: str) -> bytes:
    present = [[int(panel[kind]), list(kinds.values[kind])] for kind in np.flatnonzero(panel)]
    return _json([pool, list(kinds.strata), present])


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
