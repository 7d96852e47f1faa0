"""Every address of the site, and something real to put into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

# What stands in an address beside the slug. Each value is a literal, or the name of something
# that the test has made, as in "$run".
PARAMETERS: dict[str, dict[str, Any]] = {
    "accept_membership": {"token": "$invitation_token"},
    "answer": {"token": "unknown"},
    "appeal": {"number": 1},
    "check_contacts": {"pk": "$contact_list"},
    "check_contacts_file": {"pk": "$contact_list"},
    "come_back": {"token": "unknown"},
    "comparison": {"number": 1, "baseline": "hhh"},
    "confirm_letters": {"token": "unknown"},
    "confirm_places": {"number": 1, "baseline": "hhh"},
    "constitution_version": {"number": 1},
    "contact": {"pk": "$contact"},
    "decide_place": {"number": 1, "baseline": "hhh", "key": "$principle"},
    "draw": {"number": 1},
    "draw_file": {"number": 1},
    "draw_report": {"number": 1},
    "drawn_file": {"number": 1},
    "edit_comparison": {"number": 1, "baseline": "hhh"},
    "edit_preamble": {"number": 2},
    "edit_principle": {"number": 2, "key": "$principle"},
    "edit_version": {"number": 2},
    "export": {"number": 1, "format": "canonical-json"},
    "letter_text": {"kind": "seat", "language": "en"},
    "member": {"number": "$member"},
    "member_invitation": {"number": "$invitation"},
    "mfa_edit_webauthn": {"pk": 1},
    "mfa_remove_webauthn": {"pk": 1},
    "moderate": {"number": 1},
    "move_principle": {"number": 2, "key": "$principle"},
    "name_groups": {"run_id": "$run"},
    "openid_connect_callback": {"provider_id": "nobody"},
    "openid_connect_login": {"provider_id": "nobody"},
    "publish_version": {"number": 2},
    "refuse_approval": {"number": "$approval"},
    "reissue_seat": {"number": "$seat"},
    "remove_contact": {"pk": "$contact"},
    "remove_principle": {"number": 2, "key": "$principle"},
    "report_change": {"run_id": "$run"},
    "report_data": {"run_id": "$run"},
    "report_file": {"run_id": "$run", "name": "votes.csv"},
    "report_group": {"run_id": "$run", "letter": "a"},
    "report_method": {"run_id": "$run"},
    "report_moderation": {"run_id": "$run"},
    "report_outcome": {"run_id": "$run"},
    "report_picture": {"run_id": "$run", "name": "map"},
    "report_rules": {"run_id": "$run"},
    "report_run": {"run_id": "$run"},
    "report_statement": {"run_id": "$run", "number": 1},
    "report_statements": {"run_id": "$run"},
    "restore_principle": {"number": 2, "key": "$principle"},
    "revoke_seat": {"number": "$seat"},
    "rewrite": {"number": 1},
    "run": {"run_id": "$run"},
    "seat": {"token": "unknown"},
    "sign_in_link": {"token": "unknown"},
    "sign_up_link": {"token": "unknown"},
    "statement_picture": {"run_id": "$run", "number": 1},
    "stop_letters": {"token": "unknown"},
    "suggest_places": {"number": 1, "baseline": "hhh"},
    "unsubscribe": {"token": "unknown"},
    "write_contact": {"pk": "$contact"},
}


@dataclass(frozen=True)
class Address:
    """One address of the URL conf: its name, how it is written, what stands in it."""

    name: str
    written: str
    wants: frozenset[str]


def addresses(
    of: Iterable[URLPattern | URLResolver], written: str = "", wants: Iterable[str] = ()
) -> Iterator[Address]:
    """Every address, includes walked through. Those without a name have ""."""
    for one in of:
        so_far, inside = f"{written}{one.pattern}", {*wants, *one.pattern.regex.groupindex}
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, so_far, inside)
        else:
            yield Address(one.name or "", so_far, frozenset(inside))


CONF = list(addresses(get_resolver("deploy.urls").url_patterns))


def path_of(address: Address, slug: str, things: Mapping[str, Any]) -> str:
    """The path to ask for. things : what a test has made, under the names of PARAMETERS."""
    found = {
        word: things[value[1:]] if str(value).startswith("$") else value
        for word, value in PARAMETERS.get(address.name, {}).items()
    }
    here = {"slug": slug} if "slug" in address.wants else {}
    return reverse(address.name, kwargs=here | found)
