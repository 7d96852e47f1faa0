"""From a finished run to a draft, and from the draft to a published version."""

from __future__ import annotations

import hashlib

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from aggregation.models import Run, RunStatus
from deliberation.models import Deliberation, User
from deliberation.models.deliberations import TwoPeopleAction
from deliberation.models.rounds import Phase
from deliberation.services import approvals
from deliberation.services.audit import record
from deliberation.services.errors import Invalid, WrongPhase

from . import wording
from .editing import (
    CARRIED_OVER,
    DRAFTED_ANEW,
    add_principle,
    edit_preamble,
    edit_principle,
    locked_draft,
    log_edit,
    principle_key,
    remove_principle,
    restore_principle,
    selected,
)
from .kit import canonical_json
from .models import ComparisonMatch, Constitution, Version
from .models.constitutions import VersionStatus
from .selectors import read_version

__all__ = [
    "DraftExists",
    "ask_to_publish",
    "draft_digest",
    "draft_version",
    "edit_preamble",
    "edit_principle",
    "publish_version",
    "redraft",
    "remove_principle",
    "restore_principle",
]


class DraftExists(WrongPhase):
    """There is a draft already; ``version`` is it."""

    def __init__(self, version: Version | None) -> None:
        super().__init__(
            _("There is a draft already. Publish it first, or draft it anew and lose its wordings.")
        )
        self.version = version


def draft_version(
    *, deliberation: Deliberation, run: Run, actor: User | None, rule_index: int = 0
) -> Version:
    """A draft with one principle per selected statement, best rank first.

    Where people worded a principle in the newest published version, it keeps that wording.
    Others get a first wording by rule. Both are recorded as steps of the machine.
    Raises Invalid (run of another deliberation, unknown rule), WrongPhase (run not done, votes
    still open, nothing selected), DraftExists.
    """
    _check(deliberation, run, rule_index)
    try:
        with transaction.atomic():
            constitution, _new = Constitution.objects.get_or_create(
                deliberation=deliberation, defaults={"title": deliberation.title}
            )
            newest = constitution.versions.order_by("-number").first()
            version = Version.objects.create(
                constitution=constitution,
                number=newest.number + 1 if newest else 1,
                run=run,
                rule_index=rule_index,
                preamble=newest.preamble if newest else "",
                created_by=actor,
            )
            _fill(version, actor)
    except IntegrityError as error:
        if "one_draft_at_a_time" not in str(error) and "version_number_unique" not in str(error):
            raise
        raise DraftExists(_current_draft(deliberation)) from error
    return version


def redraft(*, version: Version, run: Run, actor: User, rule_index: int = 0) -> Version:
    """Fill the draft again from a run. Wordings and order are lost, the record of edits stays.

    Raises as draft_version does.
    """
    _check(version.constitution.deliberation, run, rule_index)
    with transaction.atomic():
        version = locked_draft(version)
        for principle in version.principles.all():
            log_edit(
                version,
                principle.key,
                before=principle.text,
                after="",
                reason=DRAFTED_ANEW,
                by=None,
            )
        ComparisonMatch.objects.filter(principle__version=version).delete()
        version.principles.all().delete()
        version.run, version.rule_index = run, rule_index
        version.save(update_fields=["run", "rule_index"])
        _fill(version, actor)
    return version


def ask_to_publish(*, version: Version, actor: User, seen: str) -> bool:
    """Publish, or ask for the second person where the deliberation wants two. True: published.

    What is agreed to is every word of the draft: an edit in between makes it another request.
    seen : ``draft_digest`` of the draft that ``actor`` has read; asked for where two are needed.
    Raises WrongPhase as ``publish_version`` does, and if the draft is not what was read.
    """
    with transaction.atomic():
        version = locked_draft(version)
        if not version.principles.exists():
            raise WrongPhase(_("A constitution needs at least one principle."))
        deliberation, digest = version.constitution.deliberation, draft_digest(version)
        if deliberation.two_people and seen != digest:
            raise WrongPhase(
                _("The draft was changed after you opened this page. Go back and read it again.")
            )
        if not approvals.agreed(
            deliberation=deliberation, action=TwoPeopleAction.PUBLISH, digest=digest, actor=actor
        ):
            return False
        publish_version(version=version, actor=actor)
    return True


def draft_digest(version: Version) -> str:
    """SHA-256 of the record of a draft as it stands: the same words, the same digest."""
    return hashlib.sha256(canonical_json.build(version)).hexdigest()


def publish_version(*, version: Version, actor: User | None) -> Version:
    """Freeze the draft, take its digest and make it public.

    Raises WrongPhase if it is published already or has no principle.
    """
    with transaction.atomic():
        version = locked_draft(version)
        if not version.principles.exists():
            raise WrongPhase(_("A constitution needs at least one principle."))
        version.status = VersionStatus.PUBLISHED
        version.published_at = timezone.now()
        version.digest = hashlib.sha256(canonical_json.build(version)).hexdigest()
        version.save(update_fields=["status", "published_at", "digest"])
        deliberation = version.constitution.deliberation
        Deliberation.objects.filter(pk=deliberation.pk, published_at=None).update(
            published_at=version.published_at
        )
        record(
            deliberation=deliberation,
            actor=actor,
            action="version.published",
            subject=f"version {version.number}",
            digest=version.digest,
        )
    return version


def _check(deliberation: Deliberation, run: Run, rule_index: int) -> None:
    if run.round.deliberation_id != deliberation.pk:
        raise Invalid(_("This run belongs to another deliberation."), field="run")
    if run.round.phase != Phase.CLOSED:
        raise WrongPhase(_("Votes can still change. Close the round before drafting."))
    if run.status != RunStatus.DONE:
        raise WrongPhase(_("The count is not finished yet. Wait until it is done."))
    if not run.selections.filter(rule_index=rule_index).exists():
        raise Invalid(_("The plan of this run has no such rule."), field="rule_index")
    if not run.selections.filter(rule_index=rule_index, rank__isnull=False).exists():
        raise WrongPhase(_("The rule selected no statement, so there is nothing to draft from."))


def _fill(version: Version, actor: User | None) -> None:
    """One principle per selected statement, with lineage, first edit and audit line."""
    settled = _settled_wordings(version.constitution)
    for position, finding in enumerate(selected(version), start=1):
        statement = finding.statement
        key = principle_key(statement)
        suggested = wording.suggest(statement.text, language=statement.language)
        text, reason = (
            (settled[key], CARRIED_OVER) if key in settled else (suggested.text, suggested.rule)
        )
        add_principle(version, finding, text=text, position=position)
        log_edit(version, key, before="", after=text, reason=reason, by=None)
    record(
        deliberation=version.constitution.deliberation,
        actor=actor,
        action="version.drafted",
        subject=f"version {version.number}",
        run=version.run_id,
        rule_index=version.rule_index,
        principles=version.principles.count(),
    )


def _settled_wordings(constitution: Constitution) -> dict[str, str]:
    """Key → text for what people worded in the newest published version."""
    published = constitution.versions.exclude(status=VersionStatus.DRAFT)
    newest = published.order_by("-number").first()
    principles = read_version(newest).principles if newest else ()
    return {p.key: p.text for p in principles if not p.machine_worded}


def _current_draft(deliberation: Deliberation) -> Version | None:
    return Version.objects.filter(
        constitution__deliberation=deliberation, status=VersionStatus.DRAFT
    ).first()
