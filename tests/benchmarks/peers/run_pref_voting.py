"""pref_voting: winners by margins between 300 candidates, its margin graph built beforehand.

Its plain ``beat_path`` and ``ranked_pairs`` go through all paths or all orders of level wins and
never end here; these are its quick variants.
"""

from __future__ import annotations

import sys
from pathlib import Path

from clock import arrays, say, timed
from pref_voting.margin_based_methods import beat_path_Floyd_Warshall, ranked_pairs_tb
from pref_voting.weighted_majority_graphs import MarginGraph

(margins,) = arrays(Path(sys.argv[2]), "margins")
edges = [
    (first, second, int(margins[first, second]))
    for first in range(len(margins))
    for second in range(len(margins))
    if margins[first, second] > 0
]
graph = MarginGraph(list(range(len(margins))), edges)
rule = {"schulze": beat_path_Floyd_Warshall, "ranked_pairs": ranked_pairs_tb}[sys.argv[1]]
say(*timed(lambda: [int(one) for one in rule(graph)]))
