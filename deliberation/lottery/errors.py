"""What the lottery refuses: a code and parameters, put into words by whoever shows it."""

from __future__ import annotations

from typing import Any


class LotteryError(Exception):
    """A draw that cannot be made. ``code`` is one of:

    infeasible        no panel meets the quotas; ``check`` says why
    empty_seed        the public seed is missing
    ids_repeated      two people have the same id
    algorithm_unknown params: algorithm
    unsolved          the solver gave up; params: status
    Survives pickling.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.code, self.params)

    def __str__(self) -> str:
        of = ", ".join(f"{name}={value}" for name, value in sorted(self.params.items()))
        return f"{self.code} ({of})" if of else self.code


def _again(code: str, params: dict[str, Any]) -> LotteryError:
    return LotteryError(code, **params)
