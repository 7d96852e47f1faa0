"""choix: Bradley-Terry strengths from single comparisons, its list of pairs built beforehand."""

from __future__ import annotations

import sys
from pathlib import Path

import choix
import numpy as np
from clock import arrays, say, timed

winners, losers = arrays(Path(sys.argv[2]), "winners", "losers")
items = int(max(winners.max(), losers.max())) + 1
pairs = list(zip(winners.tolist(), losers.tolist(), strict=True))
seconds, strengths = timed(lambda: choix.opt_pairwise(items, pairs, alpha=0.0))
say(seconds, np.argsort(-strengths, kind="stable").tolist())
