"""The five roles in plain words, for invitations and for the page of members."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deliberation.models.deliberations import Role

_MAY: Final[dict[str, Promise]] = {
    Role.OWNER: _(
        "Everything an organiser may. Also gives and takes roles, and sees names and addresses "
        "of the people who are invited."
    ),
    Role.ORGANISER: _(
        "Writes the plan, recruits, opens, watches and closes, and drafts and publishes the "
        "constitution. Sees how many people there are, not who they are."
    ),
    Role.MODERATOR: _("Decides which proposed statements are shown, by the public reasons."),
    Role.RECRUITER: _(
        "Invites people and runs the lottery, and sees their names and addresses. Does not "
        "moderate, and sees nothing of the count before everybody does."
    ),
    Role.AUDITOR: _("Reads along, the audit trail too. Changes nothing."),
}


def role_summary(role: str) -> Promise:
    """What the role may do, in a sentence or two."""
    return _MAY[role]


def all_roles() -> list[tuple[Promise, Promise]]:
    """Each role's name with what it may do, as pages explain them."""
    return [(role.label, role_summary(role)) for role in Role]
