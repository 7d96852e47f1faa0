"""What a check of a property found, in numbers and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Pages translate by property; the words here are for everyone else.
STORIES: dict[str, str] = {
    "jr": (
        "{people} people all agree with statement {statements}. They are enough for one of {seats} "
        "seats, but none of them agrees with any selected statement."
    ),
    "pjr": (
        "{people} people all agree with statements {statements}. They are enough for {deserved} of "
        "{seats} seats, but all that was selected and that any of them agrees with is {got}."
    ),
    "ejr": (
        "{people} people all agree with statements {statements}. They are enough for {deserved} of "
        "{seats} seats, but none of them agrees with more than {got} selected."
    ),
    "ejr_plus": (
        "{people} people all agree with statement {statements}, which was left out. They are "
        "enough for {deserved} of {seats} seats, but none of them agrees with more than {got} "
        "selected."
    ),
}


@dataclass(frozen=True, eq=False)
class Counterexample:
    """A group that got less than its due.

    rows       : int64[...], its members, ascending. people : how many they are, by weight.
    statements : columns they all agree with.
    deserved   : selected statements that are due to them. got : what they have, as the property
                 counts it. seats : in all.
    """

    property: str
    rows: NDArray[np.int64]
    people: int | float
    statements: tuple[int, ...]
    deserved: int
    got: int
    seats: int

    def told(self, statement_ids: Sequence[int] | NDArray[np.int64] | None = None) -> str:
        """The story in plain words, with the ids of statements instead of columns if given."""
        named = [at if statement_ids is None else int(statement_ids[at]) for at in self.statements]
        # Whoever deserves one and has none is refused by every property alike.
        story = STORIES["jr" if self.deserved == 1 else self.property]
        return story.format(
            people=self.people,
            statements=", ".join(str(name) for name in named),
            deserved=self.deserved,
            got=self.got,
            seats=self.seats,
        )

    def __str__(self) -> str:
        return self.told()


@dataclass(frozen=True, eq=False)
class Verdict:
    """Whether a property holds.

    holds : None if it could not be decided within the limits.
    bound : groups that deserve up to this many statements were checked; all of them if it holds.
    """

    property: str
    holds: bool | None
    bound: int
    counterexample: Counterexample | None = None

    def to_dict(self, statement_ids: NDArray[np.int64]) -> dict[str, Any]:
        """Plain Python for JSON; the people are counted, not named."""
        found = self.counterexample
        story: dict[str, Any] | None = None
        if found is not None:
            story = {
                "people": found.people,
                "statements": [int(statement_ids[at]) for at in found.statements],
                "deserved": found.deserved,
                "got": found.got,
                "seats": found.seats,
            }
        return {
            "property": self.property,
            "holds": self.holds,
            "bound": self.bound,
            "counterexample": story,
        }
