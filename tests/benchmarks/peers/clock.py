"""What the scripts of both sides share: load arrays, time work in memory, say what was found."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

# Work longer than this is done once; shorter work is repeated after a first, uncounted time.
LONG = 2.0
REPEATS = 7


def arrays(folder: Path, *names: str) -> list[np.ndarray]:
    return [np.load(folder / f"{name}.npy") for name in names]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds (median of several, unless long) and what the work returned."""
    seconds: list[float] = []
    while len(seconds) <= REPEATS:
        start = time.perf_counter()
        answer = work()
        seconds.append(time.perf_counter() - start)
        if seconds[0] > LONG:
            return seconds[0], answer
    return sorted(seconds[1:])[REPEATS // 2], answer


def say(seconds: float, answer: Any, **more: Any) -> None:
    """The last line of standard output, for engine.py to read."""
    sys.stdout.write("\n" + json.dumps({"seconds": seconds, "answer": answer} | more) + "\n")
