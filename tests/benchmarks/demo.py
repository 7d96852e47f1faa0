"""How long ``manage.py demo`` takes on a fresh home: ``uv run tests/benchmarks/demo.py [RUNS]``.

Two times, from the start of the command: until the home page answers with 200, and until the
whole deliberation is played and published. Prints each run and the medians.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PORT = 8377


def answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def one_run() -> tuple[float, float]:
    """Seconds to the first answer, and to the published constitution."""
    home = tempfile.mkdtemp(prefix="folkmoot-benchmark-")
    services = ("DATABASE_URL", "REDIS_URL")
    clean = {name: value for name, value in os.environ.items() if name not in services}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", str(PORT)],
        cwd=ROOT,
        env=clean | {"FOLKMOOT_HOME": home},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        while not answers():
            time.sleep(0.02)
        first = time.perf_counter() - began
        for line in process.stdout:
            if re.search("Constitution published", line):
                return first, time.perf_counter() - began
        raise SystemExit("The demo ended early.")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        time.sleep(1)  # the services stop when their last user is gone
        shutil.rmtree(home, ignore_errors=True)


def main() -> None:
    runs = [one_run() for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 3)]
    for first, whole in runs:
        print(f"first answer {first:5.1f} s   published {whole:5.1f} s")
    firsts, wholes = zip(*runs, strict=True)
    print(
        f"median       {statistics.median(firsts):5.1f} s   "
        f"          {statistics.median(wholes):5.1f} s   on {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    main()
