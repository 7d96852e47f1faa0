"""How fast a moderator can be: ``uv run tests/benchmarks/moderation.py``.

500 comments of the CCAI panel (reference data, FOLKMOOT_DATA) wait in an open round. A real
Chromium shows the queue; a person presses one key a statement, at the pace of ``--pause``. For
each key: how long until the next card holds the focus, and how long until its decision is saved,
both by the browser's clock. Then ``--heap`` statements are decided on together, by form. The site
is the product: PostgreSQL with fsync on, Granian with two WSGI processes, all on this computer.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from deploy.local import export, services  # noqa: E402

PORT = 8393
SITE = f"http://127.0.0.1:{PORT}"
SLUG = "benchmark"
KEYS = "aaaaaa12345678"  # what the person presses, over and over

# Put into the page: the time of each key, of the focus after it, and of each answer.
WATCH = """() => {
  window.times = { keys: [], focus: [] };
  addEventListener("keydown", () => times.keys.push(performance.now()), true);
  addEventListener("focusin", () => times.focus.push(performance.now()));
}"""
ANSWERS = """() => performance.getEntriesByType("resource")
  .filter((one) => one.name.endsWith("/moderate/"))
  .map((one) => one.responseEnd - one.startTime)"""


# --- The world


def comments() -> list[str]:
    """The comments of the raw export that differ and are neither too short nor too long."""
    folder = Path(os.environ.get("FOLKMOOT_DATA", ROOT.parent / "shared" / "data"))
    file = folder / "ccai" / "comments.csv"
    if not file.is_file():
        raise SystemExit(f"No reference data in {folder}. Set FOLKMOOT_DATA to its folder.")
    with file.open(encoding="utf-8", newline="") as lines:
        texts = [" ".join(row["comment-body"].split()) for row in csv.DictReader(lines)]
    return [text for text in dict.fromkeys(texts) if 8 <= len(text) <= 400]


def prepare(texts: list[str], count: int) -> str:
    """An open round in which so many of the texts wait; returns a link that signs the owner in."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "deploy.settings"
    django.setup()
    from django.core.management import call_command

    from deliberation.models import User
    from deliberation.services.deliberations import create_deliberation
    from deliberation.services.errors import Invalid
    from deliberation.services.panels import take_seat
    from deliberation.services.rounds import consent_hash, open_round
    from deliberation.services.sign_in import create_sign_in_link
    from deliberation.services.statements import add_seeds, propose

    call_command("migrate", verbosity=0)
    owner = User.objects.create_user("owner@example.org")
    deliberation = create_deliberation(
        owner=owner,
        title="Benchmark",
        question="What should the assistant do?",
        consent_text="You are asked to vote.",
        slug=SLUG,
        statement_max_length=400,
    )
    seeds = [f"The assistant should keep to rule number {n} of the house." for n in range(4)]
    add_seeds(round=deliberation.rounds.get(), texts=seeds, actor=owner)
    round = open_round(round=deliberation.rounds.get(), actor=owner)
    seat = take_seat(deliberation=deliberation, token=None, consent_hash=consent_hash(round))
    made = 0
    for text in texts:
        if made == count:
            break
        with suppress(Invalid):  # the same as another but for case or a full stop
            propose(participant=seat, round=round, text=text)
            made += 1
    return create_sign_in_link(user=owner)


@contextmanager
def site() -> Iterator[None]:
    """The product's own web server."""
    command = ["granian", "--interface", "wsgi", "--port", str(PORT), "--workers", "2"]
    command += ["--blocking-threads", "4", "--log-level", "warning", "deploy.wsgi:application"]
    os.environ["ALLOWED_HOSTS"] = "127.0.0.1"
    process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT)
    try:
        for _ in range(1200):
            if process.poll() is None and answers():
                break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


def answers() -> bool:
    try:
        with urllib.request.urlopen(f"{SITE}/help/", timeout=60):
            return True
    except urllib.error.URLError:
        return False


# --- The person


def moderate_by_keys(page: Any, count: int, pause: float) -> tuple[list[float], list[float]]:
    """Milliseconds from each key to the next card, and from sending to the answer."""
    page.goto(f"{SITE}/organise/{SLUG}/queue/")
    page.evaluate("performance.setResourceTimingBufferSize(10000)")
    page.evaluate(WATCH)
    for number in range(count):
        page.keyboard.press(KEYS[number % len(KEYS)])
        page.wait_for_timeout(pause * 1000)
    while len(page.evaluate(ANSWERS)) < count:  # the page's policy forbids waiting inside it
        page.wait_for_timeout(100)
    times = page.evaluate("times")
    focus = iter(sorted(times["focus"]))
    shown, at = [], next(focus)
    for key in times["keys"]:
        while at < key:
            at = next(focus)
        shown.append(at - key)
    return shown, page.evaluate(ANSWERS)


def heap(page: Any, count: int) -> float:
    """Seconds that one decision on so many statements takes, from the click to the next page."""
    page.goto(f"{SITE}/organise/{SLUG}/queue/together/?all=1&q=")
    found = int("".join(c for c in page.locator("h1").inner_text() if c.isdigit()))
    if found != count:
        raise SystemExit(f"{found} statements wait instead of {count}.")
    began = time.perf_counter()
    page.locator("button[name=decision][value=accept]").click()
    page.get_by_text(f"{count} statements accepted.").wait_for()
    return time.perf_counter() - began


def report(name: str, times: list[float]) -> None:
    times = sorted(times)
    print(
        f"{name}: n {len(times)}, median {statistics.median(times):.0f} ms, "
        f"p95 {times[int(0.95 * len(times))]:.0f} ms, longest {times[-1]:.0f} ms"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=500)
    options.add_argument("--heap", type=int, default=200)
    options.add_argument("--pause", type=float, default=0.25, help="seconds between two keys")
    given = options.parse_args()
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    home = Path(tempfile.mkdtemp(prefix="folkmoot-benchmark-"))
    with services(home, durable=True, throwaway=True) as running:
        export(running)
        os.environ["LOG_LEVEL"] = "WARNING"
        token = prepare(comments(), given.count + given.heap)
        with site(), sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"{SITE}/sign-in/{token}/")
            page.get_by_role("button", name="Sign in as").click()
            print(f"processors {os.cpu_count()}, load {os.getloadavg()[0]:.1f}")
            shown, saved = moderate_by_keys(page, given.count, given.pause)
            report("key to next card", shown)
            report("decision sent to saved", saved)
            print(f"{given.heap} together: {heap(page, given.heap):.2f} s")
            browser.close()


if __name__ == "__main__":
    main()
