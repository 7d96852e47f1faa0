"""Compile every template and refuse what our rules forbid: ``uv run deploy/check_templates.py``.

The content security policy has no ``unsafe-inline``: inline scripts, styles and handlers would
be dead on the page. ``hx-*`` sits on an element with a true ``href`` or ``action``, so that
the page works without JavaScript.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"

_TAG = re.compile(r"<[a-zA-Z](?:[^<>\"']|\"[^\"]*\"|'[^']*'|\{%.*?%\}|\{\{.*?\}\})*>", re.DOTALL)
_REQUEST = re.compile(r"\shx-(?:get|post|put|patch|delete)\s*=")
_RULES = [
    (re.compile(r"\sstyle\s*="), "inline style"),
    (re.compile(r"\son[a-z]+\s*="), "inline event handler"),
    # Data for a script is no script; the policy lets it be.
    (
        re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*\stype=\"application/json\")"),
        "inline script",
    ),
    (re.compile(r"(?:src|href)\s*=\s*[\"']https?://[^\"']*\.(?:js|css|woff2?)"), "third party"),
]


def problems(text: str) -> Iterator[tuple[int, str]]:
    """Line number and what is wrong, for one template's source."""
    for match in _TAG.finditer(text):
        tag, line = match.group(), text.count("\n", 0, match.start()) + 1
        for rule, what in _RULES:
            if rule.search(tag):
                yield line, what
        if _REQUEST.search(tag) and not re.search(r"\s(?:href|action|formaction)\s*=", tag):
            yield line, "hx-* without href or action"


def main() -> int:
    sys.path[0] = str(ROOT)  # not deploy/, whose celery.py would hide Celery
    os.environ["DJANGO_SETTINGS_MODULE"] = "deploy.settings"
    os.environ |= {"SECRET_KEY": "templates", "DATABASE_URL": "postgres://x@127.0.0.1:1/x"}
    os.environ |= {"REDIS_URL": "redis://127.0.0.1:1/0"}
    import django
    from django.template import TemplateSyntaxError
    from django.template.loader import get_template

    django.setup()
    found = 0
    for path in sorted(TEMPLATES.rglob("*.html")):
        name = path.relative_to(TEMPLATES).as_posix()
        try:
            get_template(name)
        except TemplateSyntaxError as error:
            found += 1
            sys.stderr.write(f"{name}: {error}\n")
        for line, what in problems(path.read_text()):
            found += 1
            sys.stderr.write(f"{name}:{line}: {what}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
