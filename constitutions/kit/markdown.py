"""The constitution as a document: principles with notes, then how it was made.

Written in the language of the deliberation, whoever asks for it. Texts by people are escaped, so
that no statement can add markup; only the preamble, which organisers write, may hold Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from aggregation.words import rule_in_words
from constitutions.models import Version
from constitutions.selectors import (
    Edit,
    GroupVotes,
    PrincipleRecord,
    Removed,
    Source,
    VersionRecord,
    read_version,
)
from constitutions.words import edit_reason, group_name
from deliberation.figures import day, fixed, percent, quoted

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~^&$!])")
_LIST_START = re.compile(r"^(\d+)([.)])|^([-+])")


def build(version: Version) -> bytes:
    """The document as UTF-8. Same rows, same bytes."""
    # Reading, too, puts codes into words.
    with translation.override(version.constitution.deliberation.language):
        blocks = list(_blocks(read_version(version)))
    return ("\n\n".join(blocks) + "\n").encode()


def escape(text: str) -> str:
    """``text`` on one line, so that Markdown shows it as it was written."""
    line = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return _LIST_START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", line)


def _blocks(record: VersionRecord) -> Iterator[str]:
    yield f"# {escape(record.constitution.title)}"
    yield from _head(record)
    if record.version.preamble:
        yield record.version.preamble
    yield _section(_("Principles"))
    yield "\n".join(f"{p.number}. {escape(p.text)}[^{p.key}]" for p in record.principles)
    yield _section(_("Where each principle comes from"))
    yield _("Shares count agreement among all votes of a group, passes included.")
    yield "\n".join(_table(record))
    yield from _changes(record)
    yield from _left_out(record)
    yield _section(_("How it was made"))
    yield "\n".join(f"- {line}" for line in _facts(record))
    yield "\n".join(f"[^{p.key}]: {_note(p)}" for p in record.principles)


def _section(title: str) -> str:
    return f"## {title}"


def _head(record: VersionRecord) -> Iterator[str]:
    version = record.version
    parts = [
        _("Version %(number)s") % {"number": version.number},
        version.get_status_display(),
        *([day(version.published_at)] if version.published_at else []),
    ]
    yield f"*{' · '.join(parts)}*"
    if record.deliberation.simulated:
        yield "> " + _("The votes behind this document were simulated by a program, not by people.")
    if not record.plan_fixed_before_voting:
        yield "> " + _("The rule behind this document was not the one fixed before voting.")
    yield _("The question was: %(question)s") % {"question": escape(record.round.question)}


def _table(record: VersionRecord) -> Iterator[str]:
    groups = [group_name(group.label) for group in record.groups]
    votes = [
        pgettext("number of votes", "Agree"),
        pgettext("number of votes", "Disagree"),
        pgettext("number of votes", "Pass"),
    ]
    heads = [_("No."), _("Statement"), *votes, *groups, _("Score")]
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for principle in record.principles:
        for source in principle.sources:
            by_group = {votes.label: votes for votes in source.groups}
            shares = [_share(by_group.get(group.label)) for group in record.groups]
            cells = [str(principle.number), f"#{source.number}", str(source.agree)]
            cells += [str(source.disagree), str(source.passed), *shares, _score(source)]
            yield "| " + " | ".join(cells) + " |"


def _note(principle: PrincipleRecord) -> str:
    parts = []
    for source in principle.sources:
        parts.append(
            _("Statement %(number)s (%(origin)s): “%(text)s”")
            % {
                "number": source.number,
                "origin": source.origin_words,
                "text": escape(source.text),
            }
        )
    if principle.machine_worded:
        parts.append(_("Worded by a rule, not changed by a person."))
    return " ".join(parts)


def _changes(record: VersionRecord) -> Iterator[str]:
    """Every change of wording by a person; first wordings by rule are in the complete record."""
    lines = [
        _changed(principle.number, edit)
        for principle in record.principles
        for edit in principle.edits
        if not edit.is_machine and edit.before and edit.after
    ]
    if lines:
        yield _section(_("Changes of wording"))
        yield "\n".join(lines)


def _changed(number: int, edit: Edit) -> str:
    before, after = quoted(escape(edit.before)), quoted(escape(edit.after))
    reason = f" – {escape(edit.reason)}" if edit.reason else ""
    change = _("%(before)s became %(after)s") % {"before": before, "after": after}
    return f"- {number}. ({day(edit.at)}) {change}{reason}"


def _left_out(record: VersionRecord) -> Iterator[str]:
    if record.removed:
        yield _section(_("Selected but left out"))
        yield "\n".join(_left_out_line(removed) for removed in record.removed)


def _left_out_line(removed: Removed) -> str:
    reason = escape(edit_reason(removed.reason)) or _("no reason given")
    return f"- #{removed.number} {quoted(escape(removed.statement))} – {reason}"


def _facts(record: VersionRecord) -> Iterator[str]:
    run, round = record.run, record.round
    sizes = ", ".join(f"{group_name(group.label)}: {group.size}" for group in record.groups)
    yield _("Rule: %(rule)s") % {"rule": rule_in_words(record.rule, record.params)}
    yield _("Opinion groups and their sizes: %(sizes)s") % {"sizes": sizes or "–"}
    if record.deliberation.source:
        yield _("Votes imported from: %(source)s") % {"source": escape(record.deliberation.source)}
    yield _("Plan fixed at opening, SHA-256: %(hash)s") % {"hash": f"`{round.plan_hash}`"}
    yield _("Votes counted, SHA-256: %(hash)s") % {"hash": f"`{run.input_digest}`"}
    yield _("Result, SHA-256: %(hash)s") % {"hash": f"`{run.outcome_digest}`"}
    yield _("Random seed: %(seed)s") % {"seed": run.seed}
    if record.version.digest:
        yield _("Complete record, SHA-256: %(hash)s") % {"hash": f"`{record.version.digest}`"}


def _share(votes: GroupVotes | None) -> str:
    if votes is None or votes.agree + votes.disagree + votes.passed == 0:
        return "–"
    return percent(100 * (votes.agree / (votes.agree + votes.disagree + votes.passed)))


def _score(source: Source) -> str:
    return fixed(source.score, 3)
