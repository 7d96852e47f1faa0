"""Naming an opinion group: done by people, said to be, and written into the audit trail."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from aggregation.models import GroupName, Run
from aggregation.words import group_letter
from deliberation.models import User
from deliberation.services.audit import record
from deliberation.services.errors import Invalid
from deliberation.texts import clean


def name_group(*, run: Run, label: int, name: str, text: str, actor: User | None) -> None:
    """Call a group so from now on; an empty name takes the name away.

    The run itself stays as it is: a name is what people say of it. Raises Invalid for a group
    that the run does not have, and for a line about a group without a name.
    """
    name, text = clean(name), clean(text)
    if not run.groups.filter(label=label).exists():
        raise Invalid(_("This run has no such group."))
    if text and not name:
        raise Invalid(_("Give the group a name before you write about it."), field="name")
    with transaction.atomic():
        before = GroupName.objects.select_for_update().filter(run=run, label=label).first()
        if (before.name, before.text) == (name, text) if before else not name:
            return
        if name:
            fields = {"name": name, "text": text, "by": actor}
            GroupName.objects.update_or_create(run=run, label=label, defaults=fields)
        elif before:
            before.delete()
        record(
            deliberation=run.round.deliberation,
            actor=actor,
            action="group.named",
            subject=f"run {run.pk}, group {group_letter(label)}",
            name=name,
            text=text,
        )
