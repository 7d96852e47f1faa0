"""A deliberation as one file: to begin another from it, or to take it to another site.

A bundle is a ZIP of JSON files with a manifest that names the version and the digest of each.
It holds no contacts, no e-mail, no names, no times of votes, and no answers about oneself.
"""

from typing import Final

FORMAT: Final = "folkmoot.bundle"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
SET_UP: Final = "setup.json"
# Of a closed round, one JSON object a line.
RECORDS: Final = (
    "participants.jsonl",
    "statements.jsonl",
    "decisions.jsonl",
    "lineage.jsonl",
    "votes.jsonl",
)
ROUND: Final = "round.json"
