"""Pin every package: ``uv run deploy/pin.py`` writes the versions into pyproject.toml.

The lock file stays out of the repository, since it records addresses of package registries;
``[tool.uv] constraint-dependencies`` holds the same versions without them. Run it after
changing a dependency, or with ``--upgrade`` to move everything to its newest version.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
_BLOCK = re.compile(r"constraint-dependencies = \[.*?^\]\n", re.DOTALL | re.MULTILINE)


def resolved(upgrade: bool) -> list[str]:
    """The ``name==version ; marker`` of every package of every group, sorted."""
    if upgrade:
        PROJECT.write_text(with_pins(PROJECT.read_text(), []))
        subprocess.run(["uv", "lock", "--upgrade", "--quiet"], check=True, cwd=PROJECT.parent)
    export = subprocess.run(
        ["uv", "export", "--all-groups", "--no-hashes", "--no-annotate", "--no-header", "--quiet"],
        check=True,
        cwd=PROJECT.parent,
        capture_output=True,
        text=True,
    )
    # A marker stays: some packages have another version for another Python.
    return sorted({line.strip() for line in export.stdout.splitlines() if line})


def with_pins(text: str, pins: list[str]) -> str:
    """``text`` of pyproject.toml with the block of pins replaced."""
    lines = "".join(f'    "{pin}",\n' for pin in pins)
    return _BLOCK.sub(f"constraint-dependencies = [\n{lines}]\n", text)


def main() -> None:
    pins = resolved("--upgrade" in sys.argv)
    PROJECT.write_text(with_pins(PROJECT.read_text(), pins))
    sys.stdout.write(f"{len(pins)} packages pinned in {PROJECT.name}\n")


if __name__ == "__main__":
    main()
