"""Every state in which a participant can find a page, and how to get there."""

from tests.browser.states import end, everybody, joining, voting, writing
from tests.browser.states.base import STATES, State, Visit

__all__ = ["STATES", "State", "Visit", "end", "everybody", "joining", "voting", "writing"]
