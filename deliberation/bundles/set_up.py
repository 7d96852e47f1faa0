"""What of a deliberation can be begun again: texts, plan, questions, quotas, letters, seeds.

No people.
"""

from __future__ import annotations

from typing import Any, Final

from deliberation.models import Deliberation, Round, Stratum
from deliberation.models.statements import Origin
from deliberation.services.deliberations import OF_ROUND

# Columns by name; what is missing in a bundle of an earlier version keeps its default.
OF_DELIBERATION: Final = ("title", "description", "language", "visibility", "time_zone")
OF_PANEL: Final = ("size_wanted", "open_link", "proof_of_work")
OF_LETTER: Final = ("kind", "language", "subject", "text")


def set_up_of(deliberation: Deliberation, round: Round) -> dict[str, Any]:
    """The content of setup.json."""
    panel = deliberation.panel
    return {
        "deliberation": {
            **{name: getattr(deliberation, name) for name in OF_DELIBERATION},
            "two_people": deliberation.two_people,
        },
        "panel": {name: getattr(panel, name) for name in OF_PANEL},
        "round": {name: getattr(round, name) for name in sorted(OF_ROUND)},
        "questions": [
            {"text": one.text, "options": one.options} for one in panel.profile_questions.all()
        ],
        "strata": [_stratum(one) for one in panel.strata.prefetch_related("values")],
        "letters": list(deliberation.letter_texts.order_by("kind", "language").values(*OF_LETTER)),
        "seeds": [
            {"text": text, "language": language}
            for text, language in round.statements.counting()
            .filter(origin=Origin.SEED)
            .order_by("number")
            .values_list("text", "language")
        ],
    }


def _stratum(stratum: Stratum) -> dict[str, Any]:
    names = ("value", "share", "minimum", "maximum")
    return {
        "name": stratum.name,
        "values": [{name: getattr(one, name) for name in names} for one in stratum.values.all()],
    }
