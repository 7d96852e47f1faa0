"""Who may ask for which address: one literal table. An address that is not in it is not there.

"anyone" and "signed_in" say it all; any other word is an action of deliberation/phases.py that
the reader's role must have in some phase. Views still say when, and what a form may do.
"""

from __future__ import annotations

from typing import Final

ANYONE: Final = "anyone"
SIGNED_IN: Final = "signed_in"

# Name of the address → who may ask for it. In the order of the URL confs.
ADDRESSES: Final[dict[str, str]] = {
    # Participants and everybody. Whether someone holds a seat is for the view to see.
    "home": ANYONE,
    "choose_language": ANYONE,
    "help": ANYONE,
    "help_organisers": ANYONE,
    "deliberation": ANYONE,
    "statements": ANYONE,
    "moderation_log": ANYONE,
    "join": ANYONE,
    "seat": ANYONE,
    "about_you": ANYONE,
    "come_back": ANYONE,
    "return_link": ANYONE,
    "vote": ANYONE,
    "list": ANYONE,
    "own_votes": ANYONE,
    "undo_vote": ANYONE,
    "propose": ANYONE,
    "similar": ANYONE,
    "appeal": ANYONE,
    "your_part": ANYONE,
    "own_data": ANYONE,
    "withdraw": ANYONE,
    "subscribe": ANYONE,
    "unsubscribe": ANYONE,
    # Signing in.
    "sign_in": ANYONE,
    "sign_in_link": ANYONE,
    "sign_out": ANYONE,
    "choose_password": SIGNED_IN,
    # Organisers.
    "organise": SIGNED_IN,
    "organise_new": SIGNED_IN,
    "workspace": "view",
    "audit_trail": "audit",
    "round_settings": "view",
    "seeds": "view",
    "seats": "recruit",
    "revoke_seat": "recruit",
    "reissue_seat": "recruit",
    "profile_questions": "edit",
    "queue": "moderate",
    "more_cards": "moderate",
    "moderate_together": "moderate",
    "undo_decision": "moderate",
    "moderate": "moderate",
    "rewrite": "moderate",
    "merge": "moderate",
    "open_round": "open",
    "end_proposals": "end_proposals",
    "dates": "schedule",
    "pause": "pause",
    "resume": "resume",
    "reopen": "reopen",
    "members": "members",
    "two_people": "members",
    "member": "members",
    "member_invitation": "members",
    # Whoever may do what was asked for may refuse it; the view looks which.
    "refuse_approval": "view",
    # Whom the link was sent to has no role yet, and perhaps no account.
    "accept_membership": ANYONE,
    # Results.
    "close_round": "close",
    "runs": "run",
    "start_run": "run",
    "run": "run",
    "name_groups": "run",
    "report": ANYONE,
    "report_run": ANYONE,
    "report_group": ANYONE,
    "report_statements": ANYONE,
    "report_statement": ANYONE,
    "report_rules": ANYONE,
    "report_change": ANYONE,
    "report_method": ANYONE,
    "report_data": ANYONE,
    "report_file": ANYONE,
    "statement_picture": ANYONE,
    "report_picture": ANYONE,
    "report_outcome": ANYONE,
    # Constitutions.
    "constitution": ANYONE,
    "constitution_version": ANYONE,
    "comparison": ANYONE,
    "export": ANYONE,
    "constitution_workspace": "draft",
    "draft_constitution": "draft",
    "edit_version": "draft",
    "publish_version": "publish",
    "edit_preamble": "draft",
    "edit_principle": "draft",
    "move_principle": "draft",
    "remove_principle": "draft",
    "restore_principle": "draft",
    "edit_comparison": "draft",
    "suggest_places": "draft",
    "confirm_places": "draft",
    "decide_place": "draft",
}
