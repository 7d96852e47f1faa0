"""Settings that several rules share."""

from __future__ import annotations

from aggregation.engine.params import Param

UNSEEN = ("not_approved", "share_among_viewers", "inverse_propensity")

SEATS = Param(
    "seats", "int",
    "How many statements are wanted; fewer are taken if nobody agrees with the rest.",
    required=True, minimum=1, maximum=10_000,
)  # fmt: skip
BEST = Param(
    "seats", "int", "How many statements are wanted: the best of the ranking.",
    required=True, minimum=1, maximum=10_000,
)  # fmt: skip
UNSEEN_COUNTS = Param(
    "unseen", "choice", "What a statement counts with people who were not shown it.",
    default="not_approved", choices=UNSEEN,
)  # fmt: skip
# For rules whose people share out loads or money, which fractions of an approval do not fit.
UNSEEN_NOT_APPROVED = Param(
    "unseen", "choice", "What a statement counts with people who were not shown it.",
    default="not_approved", choices=UNSEEN[:1],
)  # fmt: skip
MIN_VOTES = Param(
    "min_votes", "int", "With fewer votes there is not enough evidence to rank a statement.",
    default=10, minimum=0,
)  # fmt: skip
STRENGTH = Param(
    "strength", "choice", "What makes a win strong: its margin, or the votes for it.",
    default="margins", choices=("margins", "winning_votes"),
)  # fmt: skip
