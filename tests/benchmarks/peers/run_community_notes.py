"""Community Notes: its matrix factorisation class, on torch.

It is not on PyPI. The last argument is a clone of github.com/twitter/communitynotes; the class is
taken from its newest commit, without the module that reports to a service on the web.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
import types
from pathlib import Path

import pandas as pd
from clock import arrays, say, timed

KEPT = ("__init__.py", "constants.py", "matrix_factorization")


class Silent:
    """Stands where the reporting object was."""

    def __getattr__(self, name: str) -> Silent:
        return self

    def __call__(self, *args: object, **settings: object) -> Silent:
        return self

    def __bool__(self) -> bool:
        return False


def unpacked(clone: str, folder: str) -> str:
    prefix = "scoring/src/scoring"
    command = ["git", "-C", clone, "archive", "HEAD", *(f"{prefix}/{name}" for name in KEPT)]
    packed = subprocess.run(command, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return str(Path(folder) / "scoring" / "src")


with tempfile.TemporaryDirectory() as folder:
    sys.path.insert(0, unpacked(sys.argv[3], folder))
    quiet = types.ModuleType("scoring.matrix_factorization.wandb_utils")
    quiet.wandb = Silent()  # type: ignore[attr-defined]
    sys.modules[quiet.__name__] = quiet
    from scoring import constants
    from scoring.matrix_factorization.matrix_factorization import MatrixFactorization

who, what, value = arrays(Path(sys.argv[2]), "who", "what", "value")
ratings = pd.DataFrame(
    {
        constants.noteIdKey: what.astype("int64"),
        constants.raterParticipantIdKey: who.astype("int64"),
        constants.helpfulNumKey: (value + 1) / 2,
    }
)


def work() -> list[int]:
    notes, _, _ = MatrixFactorization(seed=1, log=False).run_mf(ratings)
    ordered = notes.sort_values(constants.internalNoteInterceptKey, ascending=False)
    return [int(one) for one in ordered[constants.noteIdKey]]


say(*timed(work))
