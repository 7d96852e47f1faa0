"""A version held against a baseline: what the machine suggests and what people decide."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import User
from deliberation.services.audit import record
from deliberation.services.errors import Invalid

from . import baselines
from .models import Baseline, BaselineItem, Comparison, ComparisonMatch, Principle, Version
from .similarity import Suggestion, suggest_aspects


def compare(*, version: Version, baseline_slug: str = "hhh") -> Comparison:
    """Suggest for each principle where it belongs in the baseline.

    Can be called again, after principles were added or reworded: suggestions are renewed, what
    people decided stays. A principle that seems to ask for the contrary of an aspect gets no
    suggestion, as similarity is no agreement.
    Raises Invalid(field "baseline") for an unknown baseline.
    """
    try:
        shipped = baselines.load(baseline_slug)
    except baselines.BaselineError as error:
        raise Invalid(_("There is no such baseline."), field="baseline") from error
    principles = list(version.principles.order_by("position"))
    suggestions = suggest_aspects([principle.text for principle in principles], shipped)
    with transaction.atomic():
        baseline = stored(shipped)
        items = {item.key: item for item in baseline.items.all()}
        comparison, _new = Comparison.objects.update_or_create(
            version=version, baseline=baseline, defaults={"method": _method(suggestions)}
        )
        decided = set(
            comparison.matches.exclude(decided_at=None).values_list("principle_id", flat=True)
        )
        for principle, suggestion in zip(principles, suggestions, strict=True):
            if principle.pk not in decided:
                _suggest(comparison, principle, suggestion, items)
    return comparison


def decide_match(
    *, match: ComparisonMatch, item: BaselineItem | None, actor: User | None
) -> ComparisonMatch:
    """Record where a principle belongs; None says that it belongs to none of the items.

    Raises Invalid(field "item") for an item of another baseline.
    """
    if item is not None and item.baseline_id != match.comparison.baseline_id:
        raise Invalid(_("This place belongs to another baseline."), field="item")
    with transaction.atomic():
        match.decided_item, match.decided_by, match.decided_at = item, actor, timezone.now()
        match.save(update_fields=["decided_item", "decided_by", "decided_at"])
        version = match.comparison.version
        record(
            deliberation=version.constitution.deliberation,
            actor=actor,
            action="comparison.decided",
            subject=f"version {version.number} {match.principle.key}",
            item=item.key if item else None,
            suggested=match.suggested_item.key if match.suggested_item else None,
        )
    return match


def confirm_suggestions(*, comparison: Comparison, actor: User | None) -> int:
    """Decide every open match as suggested. Matches without a suggestion stay open.

    Returns how many were confirmed.
    """
    with transaction.atomic():
        waiting = comparison.matches.select_for_update(of=("self",)).filter(
            decided_at=None, suggested_item__isnull=False
        )
        matches = list(
            waiting.select_related(
                "principle", "suggested_item", "comparison__version__constitution"
            )
        )
        for match in matches:
            decide_match(match=match, item=match.suggested_item, actor=actor)
    return len(matches)


def stored(shipped: baselines.Baseline) -> Baseline:
    """The baseline as rows, copied in when its digest is new. Older copies stay as they are."""
    baseline, new = Baseline.objects.get_or_create(
        digest=shipped.digest,
        defaults={
            "slug": shipped.id,
            "version": shipped.version,
            "title": shipped.title,
            "summary": shipped.summary,
            "sources": [
                {"citation": source.citation, "url": source.url} for source in shipped.sources
            ],
        },
    )
    if new:
        BaselineItem.objects.bulk_create(
            BaselineItem(
                baseline=baseline,
                key=item.id,
                position=position,
                kind=item.kind,
                pillar=item.pillar,
                label=item.label,
                description=item.description,
            )
            for position, item in enumerate(shipped.items, start=1)
        )
    return baseline


def _method(suggestions: list[Suggestion]) -> str:
    return f"{suggestions[0].method} {suggestions[0].version}" if suggestions else "none"


def _suggest(
    comparison: Comparison,
    principle: Principle,
    suggestion: Suggestion,
    items: dict[str, BaselineItem],
) -> None:
    wanted = None if suggestion.opposite else suggestion.item_id
    ComparisonMatch.objects.update_or_create(
        comparison=comparison,
        principle=principle,
        defaults={
            "suggested_item": items[wanted] if wanted else None,
            "suggested_score": suggestion.score,
        },
    )
