"""Charts as files of their own: they stand alone, say where they are from, and can be read out."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from aggregation.charts.bars import Bar, bars
from aggregation.charts.shares import Dot, Strip, strips
from aggregation.charts.svg import WIDTH, Page, Words, document, wrapped
from aggregation.models import Run
from aggregation.pictures import PICTURES
from aggregation.report.lines import lines
from tests.aggregation.reporting import DEEP, another, closed, finish, two_groups

SVG = "{http://www.w3.org/2000/svg}"
WORDS = Words("A & B <c>", "What it shows.", "Where it is from.")


def texts(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.fixture
def deep(db) -> Run:
    round = closed()
    return finish(round, another(round, DEEP))


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_every_picture_is_a_whole_file_with_title_and_source(client, deep, name):
    response = client.get(f"/d/assistant/report/{deep.pk}/pictures/{name}.svg")
    assert response["Content-Type"] == "image/svg+xml"
    svg = response.content.decode()
    root = ET.fromstring(svg)
    assert root.find(f"{SVG}title").text == str(PICTURES[name].title)
    description = root.find(f"{SVG}desc").text
    assert f"run {deep.pk} of the plan “another”" in description
    assert "30 people voted" in description
    assert not re.search(r"<style|<script|class=|url\(|href=|NaN|None", svg)


def test_a_statement_has_a_picture_of_its_own(client, deep):
    line = lines(deep)[1]
    path = f"/d/assistant/report/{deep.pk}/pictures/statement-{line.number}.svg"
    said = " ".join(texts(client.get(path).content.decode()))
    assert line.text in said
    assert "100 % (84–100)" in said.replace("\u00a0", " ")
    assert client.get(path.replace(f"-{line.number}", "-999")).status_code == 404


def test_what_a_run_cannot_show_is_not_found(client, db):
    round = closed()
    run = finish(round, two_groups(round))
    address = f"/d/assistant/report/{run.pk}/pictures/"
    assert client.get(f"{address}steady.svg").status_code == 404
    assert client.get(f"{address}unknown.svg").status_code == 404


def test_pages_lead_to_the_pictures(client, deep):
    page = client.get(f"/d/assistant/report/{deep.pk}/").content.decode()
    for name in ("map", "unites", "divides"):
        assert f'href="/d/assistant/report/{deep.pk}/pictures/{name}.svg" download' in page


def test_what_people_wrote_cannot_break_the_file():
    svg = document(WORDS, *bars([Bar("<script>&", 0.5, '"')], Page()))
    assert "A & B <c>" in texts(svg)
    assert "<script>&" in texts(svg)


@pytest.mark.parametrize("from_right", [False, True])
def test_all_marks_stay_inside_the_picture(from_right):
    page = Page(from_right)
    dots = [Dot(at, "A", share, 0.0, 1.0, "") for at, share in enumerate([0.0, 1.0, None])]
    body, height = strips([Strip("Text", dots)], page, ["0", "50", "100"])
    drawn, tall = bars([Bar("Text", 1.7, "", strong=False), Bar("Text", -1, "")], page)
    for svg, most in ((body, height), (drawn, tall)):
        root = ET.fromstring(f"<svg>{svg}</svg>")
        for one in root.iter():
            x = float(one.get("x", 0))
            assert 0 <= x <= WIDTH
            assert x + float(one.get("width", 0)) <= WIDTH
            assert float(one.get("y", 0)) <= most + 20


@pytest.mark.parametrize(
    "text", ["a" * 500, "word " * 80, "漢字" * 100, "", "Schifffahrtsgesellschaftskapitän " * 5]
)
def test_lines_are_no_longer_than_there_is_room(text):
    from aggregation.charts.svg import width

    found = wrapped(text, 300, 16)
    assert all(width(line, 16) <= 300 for line in found)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")


def test_texts_that_run_the_other_way_stand_where_the_page_begins():
    page = Page(from_right=True)
    assert 'text-anchor="end"' in page.text(32, 0, "Left to right")
    assert 'direction="rtl"' in page.text(32, 0, "من اليمين")
    assert 'direction="rtl"' in page.text(32, 0, "82 % (75–88)")
