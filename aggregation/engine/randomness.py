"""Random numbers that depend on the seed and the purpose alone, never on what was drawn before."""

from __future__ import annotations

import numpy as np

from aggregation.engine.errors import EngineError

# The numbers are part of every published result; new purposes get new numbers.
_PURPOSES = {"space": 1, "base_clusters": 2, "groups": 3, "bootstrap": 4, "bridging": 5}


def generator(seed: int, purpose: str, *detail: int) -> np.random.Generator:
    """A generator of its own for one purpose. Raises EngineError("seed_out_of_range")."""
    key = (_PURPOSES[purpose], *detail)
    sequence = np.random.SeedSequence(checked_seed(seed), spawn_key=key)
    return np.random.Generator(np.random.PCG64(sequence))


def checked_seed(seed: int) -> int:
    """The seed as a plain int. Raises EngineError("seed_out_of_range")."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise EngineError("seed_out_of_range", seed=seed)
    return int(seed)
