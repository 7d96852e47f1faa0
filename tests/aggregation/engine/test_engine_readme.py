"""The README of the engine: its code runs, and it names every module."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import aggregation.engine

ENGINE = Path(aggregation.engine.__file__).parent
README = (ENGINE / "README.md").read_text(encoding="utf-8")


def test_the_code_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    rows = ["participant,n-votes,0,1,2"]
    rows += [f"{person},3,1,{person % 2},{1 - 2 * (person % 2)}" for person in range(40)]
    (folder / "participants-votes.csv").write_text("\n".join([*rows, "40,1,1,,"]))
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    said = capsys.readouterr().out.splitlines()
    assert len(blocks) == 3
    assert said[0] == "40 people, 3 statements"
    assert "Group A has 20 people" in said
    assert "[10, 12]" in said
    assert said[-1].startswith("file_missing {'file': 'nowhere'}")


def test_every_module_is_named() -> None:
    modules = {path.stem for path in ENGINE.glob("*.py") if not path.stem.startswith("__")}
    folders = {f"{path.name}/" for path in ENGINE.iterdir() if path.is_dir()} - {"__pycache__/"}
    table = README.split("## Modules")[1]
    named = set(re.findall(r"`([a-z_]+/?)`", table))
    assert (modules | folders) - named == set()


def test_every_module_that_is_named_is_there() -> None:
    table = README.split("## Modules")[1]
    named = set(re.findall(r"`([a-z_]+/?)`", table.split("How fast")[0]))
    there = {path.stem for path in ENGINE.glob("*.py")} | {f"{p.name}/" for p in ENGINE.iterdir()}
    assert named - there == set()
