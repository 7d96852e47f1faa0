"""The public report of a draw: what it shows, what it keeps back, and that it can be checked."""

import hashlib
import itertools
import json
import re

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from deliberation.chance_picture import HEIGHT, middle, parts, picture
from deliberation.lottery import replay
from deliberation.models import Deliberation, Draw
from deliberation.services.draws import answer, start_replacement
from deliberation.services.pools import fix_pool
from deliberation.services.quotas import Balance, Quota
from tests.deliberation.drawing import AGE, SEED, execute, make_draw, make_pool
from tests.factories import make_deliberation

CHANCES = st.lists(
    st.tuples(st.floats(0, 1), st.integers(1, 60)),
    min_size=1,
    max_size=12,
    unique_by=lambda p: p[0],
)


@pytest.mark.django_db
class TestPage:
    @pytest.fixture
    def deliberation(self) -> Deliberation:
        return make_deliberation()

    @pytest.fixture
    def drawn(self, deliberation: Deliberation) -> Draw:
        return make_draw(make_pool(deliberation))

    def test_anyone_reads_it_before_the_deliberation_opens(
        self, client: Client, drawn: Draw
    ) -> None:
        text = client.get("/d/assistant/draws/1/").content.decode()
        assert "10 people drawn" in text
        assert SEED in text
        assert drawn.pool.digest in text
        assert drawn.report["lot"]["portfolio_digest"] in text
        assert client.get("/d/assistant/").status_code == 404

    def test_it_names_nobody(self, client: Client, drawn: Draw) -> None:
        for path in ("/d/assistant/draws/", "/d/assistant/draws/1/", "/d/assistant/draws/1.json"):
            text = client.get(path).content.decode()
            assert "Person " not in text
            assert "example.org" not in text

    def test_counts_below_ten_are_kept_back(self, client: Client, drawn: Draw) -> None:
        text = client.get("/d/assistant/draws/1/").content.decode()
        shown = json.loads(client.get("/d/assistant/draws/1.json").content)
        counts = [
            value[kind]
            for stratum in shown["quotas"]
            for value in stratum["values"]
            for kind in ("pool", "drawn")
        ]
        assert all(count is None or count >= 10 for count in counts)
        whole = {c["value"]: c for c in drawn.report["counts"]}
        assert whole["village"]["drawn"] < 10
        row = re.search(r"<bdi>village</bdi></th>.*?</tr>", text, re.DOTALL)
        assert row is not None
        assert re.search(r'"Drawn"><span>met</span>', row[0])
        assert "<circle" not in row[0]
        assert "quota-bar__point" not in row[0]

    def test_the_published_program_finds_the_same_ticket_and_panel(
        self, client: Client, drawn: Draw
    ) -> None:
        text = client.get("/d/assistant/draws/1/").content.decode()
        lot = json.loads(client.get("/d/assistant/draws/1.json").content)["lot"]
        number = int.from_bytes(
            hashlib.sha256(f"{lot['seed']}\n{lot['pool_digest']}".encode()).digest(), "big"
        )
        ticket = number * sum(lot["tickets"]) >> 256
        ends = itertools.accumulate(lot["tickets"])
        panel = next(i for i, end in enumerate(ends) if ticket < end)
        assert (ticket, panel) == replay(lot["seed"], lot["pool_digest"], lot["tickets"])
        assert (ticket, panel) == (lot["number"], lot["panel"])
        assert f"ticket number {ticket + 1:,} of 1,000,000,000" in text
        program = re.search(r"<pre[^>]*>(.*?)</pre>", text, re.DOTALL)
        assert program is not None
        assert run_published(program[1], lot) == f"ticket {ticket + 1} panel {panel + 1}"

    def test_the_picture_has_its_numbers_in_a_table(self, client: Client) -> None:
        few = [AGE, Balance("Place", [Quota("town", 4, 5), Quota("village", 5, 6)])]
        make_draw(make_pool(make_deliberation(slug="uneven", title="Uneven"), strata=few))
        text = client.get("/d/uneven/draws/1/").content.decode()
        bars = text.count('class="chances__bar"')
        rows = re.search(r'class="twin">.*?<tbody>(.*?)</tbody>', text, re.DOTALL)
        assert rows is not None
        assert bars == rows[1].count("<tr>") == 6

    def test_answers_and_replacements_are_counted(self, client: Client, drawn: Draw) -> None:
        answer(drawn=drawn.drawn.order_by("pk")[0], comes=False)
        assert "It has not been made yet" in client.get("/d/assistant/draws/1/").content.decode()
        execute(start_replacement(pool=drawn.pool, seed="another", actor=None))
        text = client.get("/d/assistant/draws/1/").content.decode()
        assert "Draw 2: 1 replacement" in text
        assert (
            "1 replacement drawn from 50 people"
            in client.get("/d/assistant/draws/2/").content.decode()
        )

    def test_a_draw_that_is_not_made_has_no_report(
        self, client: Client, deliberation: Deliberation
    ) -> None:
        assert client.get("/d/assistant/draws/").status_code == 404
        pool = make_pool(deliberation)
        digest = fix_pool(pool=pool, actor=None)
        assert digest in client.get("/d/assistant/draws/").content.decode()
        assert client.get("/d/assistant/draws/1/").status_code == 404

    def test_without_quotas_everybody_has_the_same_chance(self, client: Client) -> None:
        make_draw(make_pool(make_deliberation(slug="plain", title="Plain"), strata=[]))
        text = client.get("/d/plain/draws/1/").content.decode()
        assert "Everybody in the pool had the same chance: 16.7\u00a0%, or 1 in 6." in text
        assert "a plain lot among everybody" in text


def run_published(program: str, lot: dict) -> str:
    """Run what the page tells people to run, with the file it names."""
    import html
    import io

    said: list[str] = []
    names = {
        "open": lambda _name: io.StringIO(json.dumps({"lot": lot})),
        "print": lambda *words: said.append(" ".join(map(str, words))),
    }
    exec(html.unescape(program), names)
    return said[0]


class TestPicture:
    @given(CHANCES)
    def test_the_parts_are_the_pool_and_none_is_small(self, chances) -> None:
        total = sum(people for _chance, people in chances)
        found = parts(chances)
        assert len(found) == (min(10, total // 10) if total >= 20 else 0)
        assert all(part.people >= 10 for part in found)
        assert sum(part.people for part in found) == (total if found else 0)
        whole = sum(chance * people for chance, people in chances)
        assert not found or abs(sum(p.mean * p.people for p in found) - whole) < 1e-6
        ends = [end for part in found for end in (part.lowest, part.highest)]
        assert ends == sorted(ends)

    @given(CHANCES, st.floats(0.001, 1))
    def test_every_bar_stands_in_the_picture(self, chances, equal) -> None:
        found = parts(chances)
        if found:
            drawn = picture(found, equal)
            assert all(0 <= bar.y <= bar.y + bar.height <= HEIGHT for bar in drawn.bars)
            assert all(0 <= mark.y <= HEIGHT for mark in (*drawn.marks, drawn.equal))
            assert 2 <= len(drawn.marks) <= 7

    def test_half_of_the_people_are_at_most_at_the_median(self) -> None:
        assert middle([(0.5, 1), (0.1, 2), (0.2, 2)]) == 0.2
        assert middle([(0.3, 10)]) == 0.3
