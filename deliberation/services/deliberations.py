"""Begin a deliberation, and prepare it until its round opens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from aggregation.engine import Plan, shipped
from deliberation.models import Deliberation, Membership, Panel, Round, User
from deliberation.models.deliberations import Role
from deliberation.models.rounds import Phase

from . import locks
from .audit import record
from .consent import keep_version
from .errors import Invalid, WrongPhase

# All that freezes when the round opens; afterwards only services/amendments.py changes it.
OF_ROUND = {
    "question",
    "consent_text",
    "statement_max_length",
    "target_votes",
    "min_votes_to_propose",
    "routing",
    "min_exposures",
    "show_origin",
    "ask_importance",
    "moderation",
    "moderation_hours",
    "reason_codes",
    "moderation_policy",
    "show_results",
    "seed_source",
    "exclusion_rule",
    "straight_votes",
    "plan",
}
_OF_DELIBERATION = {
    "title",
    "description",
    "visibility",
    "language",
    "two_people",
    "time_zone",
}
_OF_PANEL = {
    "size_wanted",
    "open_link",
    "proof_of_work",
    "vendor_link",
    "return_url",
    "completion_code",
    "delete_contacts_on",
}
_SENT_TWICE = timedelta(minutes=1)


def create_deliberation(
    *,
    owner: User | None,
    title: str,
    question: str,
    description: str = "",
    consent_text: str = "",
    slug: str | None = None,
    language: str = "en",
    visibility: str = "public",
    simulated: bool = False,
    source: str = "",
    plan: Plan | None = None,
    open_link: bool = True,
    kind: str = "opinion",
    **more: Any,
) -> Deliberation:
    """A deliberation with an empty panel and one round in preparation.

    owner : None for imported data, which nobody owns.
    more  : further columns of the round and the panel, as update_draft takes them.
    Raises Invalid(field "slug" or "title"), TypeError for an unknown name.
    """
    _refuse_unknown(more, OF_ROUND | _OF_PANEL)
    try:
        with transaction.atomic():
            deliberation = Deliberation.objects.create(
                slug=slug or free_slug(title),
                title=title.strip(),
                description=description,
                language=language,
                visibility=visibility,
                simulated=simulated,
                source=source,
            )
            of_round = {"kind": kind, "question": question.strip(), "consent_text": consent_text}
            _begin(
                deliberation,
                plan or shipped("default"),
                of_panel={"open_link": open_link} | _among(more, _OF_PANEL),
                of_round=of_round | _among(more, OF_ROUND),
            )
            keep_version(deliberation=deliberation, text=consent_text)
            if owner is not None:
                Membership.objects.create(deliberation=deliberation, user=owner, role=Role.OWNER)
            record(deliberation=deliberation, actor=owner, action="deliberation.created")
    except IntegrityError as error:
        if "slug" not in str(error):
            raise
        raise Invalid(_("This address is taken. Choose another one."), field="slug") from error
    return deliberation


def _begin(
    deliberation: Deliberation, plan: Plan, of_panel: dict[str, Any], of_round: dict[str, Any]
) -> None:
    """An empty panel, and a first round in preparation."""
    Panel.objects.create(deliberation=deliberation, **of_panel)
    Round.objects.create(
        deliberation=deliberation, plan=plan.to_dict(), plan_hash=plan.hash, **of_round
    )


def create_once(*, owner: User, **settings: Any) -> Deliberation:
    """Like create_deliberation, but the same form sent twice within a minute makes only one.

    The second request, even one that runs at the same time, gets what the first one made.
    Raises Invalid as create_deliberation does.
    """
    with transaction.atomic():
        locks.hold(locks.OWNER, owner.pk)
        return _just_made(owner, settings) or create_deliberation(owner=owner, **settings)


def _just_made(owner: User, settings: dict[str, Any]) -> Deliberation | None:
    """What this owner made from these very settings a moment ago."""
    same = _among(settings, _OF_DELIBERATION)
    same |= {f"rounds__{n}": v for n, v in _among(settings, OF_ROUND - {"plan"}).items()}
    if "plan" in settings:
        same["rounds__plan_hash"] = settings["plan"].hash
    same |= {f"panel__{n}": v for n, v in _among(settings, _OF_PANEL).items()}
    return Deliberation.objects.filter(
        **same,
        memberships__user=owner,
        memberships__role=Role.OWNER,
        created_at__gt=timezone.now() - _SENT_TWICE,
    ).first()


def free_slug(title: str) -> str:
    """An address made from the title that nobody uses yet."""
    base = slugify(title)[:50].strip("-") or "deliberation"
    taken = set(Deliberation.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    taken |= {"new", "import"}  # pages under /organise/
    if base not in taken:
        return base
    return next(f"{base}-{n}" for n in range(2, len(taken) + 3) if f"{base}-{n}" not in taken)


def _among(given: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: given[name] for name in names & set(given)}


def _refuse_unknown(given: dict[str, Any], known: set[str]) -> None:
    if unknown := set(given) - known:
        raise TypeError(f"there is no setting {sorted(unknown)}")


def update_draft(*, deliberation: Deliberation, actor: User | None, **changes: Any) -> Round:
    """Change what is given; what belongs to the round only while it is in preparation.

    Raises WrongPhase once the round is open, TypeError for an unknown name.
    """
    _refuse_unknown(changes, OF_ROUND | _OF_DELIBERATION | _OF_PANEL)
    with transaction.atomic():
        round = Round.objects.select_for_update().filter(deliberation=deliberation).latest("number")
        of_round = _among(changes, OF_ROUND)
        plan = of_round.pop("plan", None)
        if plan is not None:
            of_round |= {"plan": plan.to_dict(), "plan_hash": plan.hash}
        changed = {name for name, value in of_round.items() if getattr(round, name) != value}
        if changed and round.phase != Phase.DRAFT:
            raise WrongPhase(_("The round is open. Its question, plan and consent are frozen."))
        Round.objects.filter(pk=round.pk).update(**of_round) if of_round else None
        of_deliberation = _among(changes, _OF_DELIBERATION)
        if of_deliberation:
            Deliberation.objects.filter(pk=deliberation.pk).update(**of_deliberation)
        of_panel = _among(changes, _OF_PANEL)
        if of_panel:
            Panel.objects.filter(deliberation=deliberation).update(**of_panel)
        if "consent_text" in changes:
            keep_version(deliberation=deliberation, text=changes["consent_text"])
        record(
            deliberation=deliberation,
            actor=actor,
            action="deliberation.edited",
            fields=sorted(changes),
        )
        round.refresh_from_db()
    return round
