"""Changes of a draft by people. Each leaves a line with before, after, reason and editor.

Order of locks: the version's row, then its principles. Publishing takes the same lock, so an
edit comes either wholly before publication or is refused.
"""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from aggregation.models import SelectionFinding
from deliberation.models import Statement, User
from deliberation.services.audit import record
from deliberation.services.errors import Invalid, WrongPhase
from deliberation.texts import clean

from .models import Lineage, Principle, PrincipleEdit, Version

# Stands for the preamble where an edit names its principle.
PREAMBLE: Final = "preamble"
# Reasons of edits made by the machine, beside the names of the wording rules.
CARRIED_OVER: Final = "carried-over"
DRAFTED_ANEW: Final = "drafted-anew"
MAX_PRINCIPLE: Final = 2_000
MAX_PREAMBLE: Final = 20_000


class ChangedMeanwhile(WrongPhase):
    """Someone else saved another text after this form was opened. Nothing was changed."""

    def __init__(self, *, current: str) -> None:
        super().__init__(
            _(
                "Somebody changed this text after you opened the page. Nothing of yours was saved. "
                "Compare the two and save again."
            )
        )
        self.current = current


def principle_key(statement: Statement) -> str:
    """``p017`` for statement 17 of round 1, ``p2-017`` for that of round 2.

    Made from the statement alone: later versions, and a principle put back after removal, bear
    the same key.
    """
    number = statement.round.number
    return f"p{statement.number:03}" if number == 1 else f"p{number}-{statement.number:03}"


def locked_draft(version: Version) -> Version:
    """The version, locked until the transaction ends. WrongPhase once it is published."""
    locked = Version.objects.select_for_update(of=("self",)).select_related(
        "constitution__deliberation", "run"
    )
    current = locked.get(pk=version.pk)
    if not current.is_draft:
        raise WrongPhase(_("This version is published and frozen. Draft a new version instead."))
    return current


def edit_principle(
    *, principle: Principle, text: str, reason: str, actor: User, seen: str | None = None
) -> Principle:
    """Give a principle another wording.

    seen : the text the editor had before them. If it is no longer the text, nothing is saved.
    Saving the text as it stands changes nothing and leaves no line.
    Raises Invalid(field "text" or "reason"), ChangedMeanwhile, WrongPhase.
    """
    wanted, reason = _checked(text, MAX_PRINCIPLE), _checked_reason(reason)
    with transaction.atomic():
        version = locked_draft(principle.version)
        current = _present(version, principle.key)
        if wanted == current.text:
            return current
        if seen is not None and clean(seen) != clean(current.text):
            raise ChangedMeanwhile(current=current.text)
        log_edit(version, current.key, before=current.text, after=wanted, reason=reason, by=actor)
        current.text = wanted
        current.save(update_fields=["text"])
    return current


def edit_preamble(*, version: Version, text: str, actor: User, seen: str | None = None) -> Version:
    """Write the words in front of the principles. Empty is allowed.

    Raises Invalid(field "text"), ChangedMeanwhile, WrongPhase.
    """
    wanted = _lines(text)
    if len(wanted) > MAX_PREAMBLE:
        raise Invalid(
            _("Use at most %(count)d characters.") % {"count": MAX_PREAMBLE}, field="text"
        )
    with transaction.atomic():
        version = locked_draft(version)
        if wanted == version.preamble:
            return version
        if seen is not None and _lines(seen) != version.preamble:
            raise ChangedMeanwhile(current=version.preamble)
        log_edit(version, PREAMBLE, before=version.preamble, after=wanted, reason="", by=actor)
        version.preamble = wanted
        version.save(update_fields=["preamble"])
    return version


def remove_principle(*, principle: Principle, reason: str, actor: User) -> None:
    """Take a principle out of the draft. Its reason is public; it can be put back.

    Raises Invalid(field "reason"), WrongPhase.
    """
    reason = _checked_reason(reason)
    if not reason:
        raise Invalid(_("Say why. Everyone will be able to read it."), field="reason")
    with transaction.atomic():
        version = locked_draft(principle.version)
        current = _present(version, principle.key)
        log_edit(version, current.key, before=current.text, after="", reason=reason, by=actor)
        position = current.position
        current.matches.all().delete()
        current.delete()
        later = version.principles.filter(position__gt=position)
        later.update(position=F("position") - 1)


def restore_principle(*, version: Version, key: str, actor: User) -> Principle:
    """Put a removed principle back, in its last wording, at the end.

    Raises Invalid if ``key`` names no removed principle, WrongPhase.
    """
    with transaction.atomic():
        version = locked_draft(version)
        last = version.edits.filter(principle_key=key).order_by("-id").first()
        finding = next((f for f in selected(version) if principle_key(f.statement) == key), None)
        if last is None or last.after or finding is None:
            raise Invalid(_("There is no removed principle “%(key)s”.") % {"key": key})
        end = version.principles.aggregate(end=Max("position"))["end"] or 0
        principle = add_principle(version, finding, text=last.before, position=end + 1)
        log_edit(version, key, before="", after=last.before, reason="", by=actor)
    return principle


def move_principle(*, principle: Principle, up: bool, actor: User) -> None:
    """Swap a principle with the one before it (``up``) or after it. At the end: no change.

    Raises WrongPhase.
    """
    with transaction.atomic():
        version = locked_draft(principle.version)
        current = _present(version, principle.key)
        step = -1 if up else 1
        other = version.principles.filter(position=current.position + step).first()
        if other is None:
            return
        current.position, other.position = other.position, current.position
        Principle.objects.bulk_update([current, other], ["position"])
        record(
            deliberation=version.constitution.deliberation,
            actor=actor,
            action="principle.moved",
            subject=f"version {version.number} {current.key}",
            to=current.position,
        )


def selected(version: Version) -> list[SelectionFinding]:
    """What the version's rule selected, best first."""
    findings = SelectionFinding.objects.filter(
        run=version.run, rule_index=version.rule_index, rank__isnull=False
    )
    return list(findings.select_related("statement__round").order_by("rank", "statement__number"))


def add_principle(
    version: Version, finding: SelectionFinding, *, text: str, position: int
) -> Principle:
    """One principle with its lineage. Part of drafting and restoring; logs nothing itself."""
    principle = Principle.objects.create(
        version=version, key=principle_key(finding.statement), position=position, text=text
    )
    Lineage.objects.create(
        principle=principle,
        statement=finding.statement,
        rule=finding.rule,
        rule_params=rule_params(version),
        rank=finding.rank or 0,  # never 0: a CHECK ranks what is selected
        score=finding.score,
    )
    return principle


def rule_params(version: Version) -> dict[str, Any]:
    """The settings of the version's rule, as the plan of its run has them."""
    rules = version.run.plan.get("rules", [])
    rule = rules[version.rule_index] if version.rule_index < len(rules) else {}
    return {name: value for name, value in rule.items() if name != "id"}


def log_edit(
    version: Version, key: str, *, before: str, after: str, reason: str, by: User | None
) -> None:
    """Append one line to the edits of a draft, and one to the audit trail. ``by`` None: machine."""
    PrincipleEdit.objects.create(
        version=version, principle_key=key, before=before, after=after, reason=reason, editor=by
    )
    if by is not None:
        record(
            deliberation=version.constitution.deliberation,
            actor=by,
            action="principle.edited" if after else "principle.removed",
            subject=f"version {version.number} {key}",
        )


def _present(version: Version, key: str) -> Principle:
    principle = version.principles.filter(key=key).first()
    if principle is None:
        raise WrongPhase(_("Somebody removed this principle from the draft in the meantime."))
    return principle


def _checked(text: str, longest: int) -> str:
    cleaned = clean(text)
    if not cleaned:
        raise Invalid(_("Write the principle."), field="text")
    if len(cleaned) > longest:
        raise Invalid(_("Use at most %(count)d characters.") % {"count": longest}, field="text")
    return cleaned


def _checked_reason(reason: str) -> str:
    cleaned = clean(reason)
    if len(cleaned) > 300:
        raise Invalid(_("Use at most %(count)d characters.") % {"count": 300}, field="reason")
    return cleaned


def _lines(text: str) -> str:
    """Paragraphs and line breaks stay; browsers send them as CR LF."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).replace("\x00", "").strip()
