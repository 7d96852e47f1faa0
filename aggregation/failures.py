"""Why runs fail: kept with the run as codes and facts, said in the language of whoever reads it.

``Run.error`` says it once more in the language of the worker, for shells and logs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aggregation.engine import EngineError
from aggregation.models import Run
from aggregation.words import step_in_words
from deliberation.engine_words import refusal_words
from deliberation.figures import decimal

Failure = dict[str, Any]

# Key of ``Run.summary`` under which a failed run keeps why.
KEPT: Final = "failure"
_SENTENCES: Final[dict[str, Promise]] = {
    "tried": gettext_lazy("It failed %(n)d times: %(what)s."),
    "died": gettext_lazy("The worker died %(n)d times while it was at work on this run."),
    "part_tried": gettext_lazy(
        "Part %(part)d of the step “%(step)s” failed %(n)d times: %(what)s."
    ),
    "part_died": gettext_lazy(
        "The worker died %(n)d times while it was at work on part %(part)d of “%(step)s”."
    ),
}


def refused(error: EngineError) -> Failure:
    """What the engine refuses."""
    params = {name: _storable(value) for name, value in error.params.items()}
    return {"code": "refused", "engine": error.code, "params": params}


def tried(error: Exception, *, n: int) -> Failure:
    """The last of ``n`` attempts broke off."""
    return {"code": "tried", "n": n, "what": cause(error)}


def died(*, n: int) -> Failure:
    """Each of ``n`` workers went silent."""
    return {"code": "died", "n": n}


def of_part(failure: Failure, *, part: int, step: str) -> Failure:
    """The same of one part of a run. part : from 1. step : code of the step, as in ``words``."""
    return failure | {"code": f"part_{failure['code']}", "part": part, "step": step}


def in_words(failure: Mapping[str, Any]) -> str:
    """A sentence or two, in the language of now."""
    if failure["code"] == "refused":
        return refusal_words(failure["engine"], failure["params"])
    of = dict(failure)
    if "what" in of:
        of["what"] = cause_in_words(of["what"])
    if "step" in of:
        of["step"] = step_in_words(of["step"])
    return str(_SENTENCES[failure["code"]]) % of


def why_failed(run: Run) -> str:
    """The same of a run; of runs that failed before this was kept, what the worker wrote."""
    failure = (run.summary or {}).get(KEPT)
    return in_words(failure) if failure else run.error


def is_time_up(error: Exception) -> bool:
    """Whether the attempt was ended by the time limit."""
    return isinstance(error, SoftTimeLimitExceeded)


def cause(error: Exception) -> dict[str, Any]:
    """Why an attempt failed. Not what the error says itself, which may hold anything."""
    if is_time_up(error):
        return {"minutes": settings.RUN_TIME_LIMIT_SECONDS / 60}
    return {"error": type(error).__name__}


def cause_in_words(found: Mapping[str, Any]) -> str:
    """The same in a few words."""
    if "minutes" not in found:
        return str(found["error"])
    minutes = decimal(found["minutes"])
    return _("it took longer than %(minutes)s minutes") % {"minutes": minutes}


def _storable(value: Any) -> str | int | float:
    if isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)
