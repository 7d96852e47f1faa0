"""The constitution for Hugging Face's llm-swarm, example "constitutional-ai".

Their ``generate_dataset.py --constitution_path FILE`` reads two keys: ``constitutions``, a list
from which it draws one entry per prompt and sends its ``critic`` and then its ``revision``, and
``system_chat``, a list of conversations to put in front. We leave the second empty: it would
hold words that no panel voted on. ``generate_system_chat.py`` fills it, if somebody wants that.
The other keys are ours, ignored by their code, and lead back to the complete record.

The file is plain ASCII, as their code opens it in whatever encoding the machine prefers.
Format: huggingface/llm-swarm, examples/constitutional-ai/generate_dataset.py, commit c3249db.
"""

from __future__ import annotations

import json

from constitutions.models import Version
from constitutions.wording import critique_request, revision_request

from .canonical_json import SCHEMA


def build(version: Version) -> bytes:
    """One critique and revision request per principle, in reading order."""
    content = {
        "constitutions": [
            {
                "critic": critique_request(principle.text),
                "revision": revision_request(principle.text),
                "key": principle.key,
                "principle": principle.text,
            }
            for principle in version.principles.order_by("position")
        ],
        "system_chat": [],
        "folkmoot": {
            "title": version.constitution.title,
            "deliberation": version.constitution.deliberation.slug,
            "version": version.number,
            "status": "draft" if version.is_draft else "published",
            "record_sha256": version.digest or None,
            "record_schema": SCHEMA,
        },
    }
    return (json.dumps(content, indent=2, ensure_ascii=True) + "\n").encode("ascii")
