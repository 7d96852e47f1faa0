"""A deliberation as one file: to begin another from it, or to take it to another site.

A bundle is a ZIP of JSON files with a manifest that names the version and the digest of each.
It holds no contacts, no e-mail, no names and no times of votes. Of what people said about
themselves it holds what counting their votes again needs, and that only under the conditions of
``people.py``.
"""

from typing import Final

FORMAT: Final = "folkmoot.bundle"
# 2: answers.jsonl and groups.jsonl, and optional parts of setup.json. Version 1 is still read.
VERSION: Final = 2
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
# Beside them, where the plan counts by what is known of people.
ANSWERS: Final = "answers.jsonl"
GROUPS: Final = "groups.jsonl"
