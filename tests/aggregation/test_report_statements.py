"""Every statement of a run: searched, sorted, filtered, and one by one; and rules side by side."""

from __future__ import annotations

import re

import pytest

from aggregation.models import Run
from aggregation.report.fairness import proven
from aggregation.report.lines import lines
from aggregation.report.rules import overlap, rows
from deliberation.models import Round
from deliberation.services.rounds import close_round
from deliberation.services.statements import add_seeds
from tests.aggregation.reporting import DEEP, another, closed, finish, text_of, two_groups
from tests.factories import SEEDS, join, make_open, the_round, vote_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    round = closed()
    return finish(round, two_groups(round))


@pytest.fixture
def deep() -> Run:
    round = closed()
    return finish(round, another(round, DEEP))


def address(run: Run, path: str = "") -> str:
    return f"/d/assistant/report/{run.pk}/{path}"


def found(client, run: Run, query: str) -> list[int]:
    page = client.get(address(run, f"statements/{query}")).content.decode()
    return [int(number) for number in re.findall(r'<tr id="s(\d+)">', page)]


# The list


@pytest.mark.parametrize(
    ("words", "seeds"),
    [("WORDS plain", [2]), ("the assistant should", [0, 1, 2, 3]), ("nowhere to be found", [])],
)
def test_words_are_found_in_any_order_and_case(client, run, words, seeds):
    expected = sorted(line.number for line in lines(run) if SEEDS.index(line.text) in seeds)
    assert sorted(found(client, run, f"?q={words}")) == expected


@pytest.mark.parametrize("sign", ["", "%23"])
def test_a_number_finds_its_statement(client, run, sign):
    number = lines(run)[2].number
    assert found(client, run, f"?q={sign}{number}") == [number]


def test_what_was_searched_stays_in_the_form_and_in_every_link(client, run):
    page = client.get(address(run, 'statements/?q="><b>should&sort=votes')).content.decode()
    assert 'value="&quot;&gt;&lt;b&gt;should"' in page
    assert "?q=%22%3E%3Cb%3Eshould&amp;sort=agree" in page or "<tr" not in page
    kept = client.get(address(run, "statements/?q=should&sort=votes")).content.decode()
    assert "?q=should&amp;sort=agree" in kept


def test_statements_most_people_pass_on_come_first_if_asked(client, run):
    assert found(client, run, "?sort=unsure")[0] == lines(run)[3].number


def test_statements_about_which_the_votes_say_least_come_first_if_asked(client, run):
    widest = max(lines(run), key=lambda line: line.widest or 0).number
    assert found(client, run, "?sort=range")[0] == widest


def test_the_filter_asks_one_rule(client, deep):
    every = found(client, deep, "?show=selected&rule=0")
    for nonsense in ("-1", "9", "x", "", "٣", "9" * 5000):
        assert found(client, deep, f"?show=selected&rule={nonsense}") == every
    assert len(found(client, deep, "?show=selected&rule=1")) == 2
    assert (
        found(client, deep, "?show=selected&rule=0") == deep.summary["selections"][0]["statements"]
    )


def test_the_list_sorts_by_how_often_a_rule_selects(client, deep):
    order = found(client, deep, "?sort=steady&rule=1")
    often = {line.number: line.frequency(1) for line in lines(deep)}
    assert [often[number] for number in order] == sorted(often.values(), reverse=True)


def test_runs_without_resampling_offer_no_sort_by_it(client, run):
    page = client.get(address(run, "statements/?sort=steady")).content.decode()
    assert "How sure" not in page
    assert '<option value="common" selected>' in page


def test_htmx_gets_the_list_only_and_caches_know(client, run):
    response = client.get(address(run, "statements/?q=plain"), headers={"HX-Request": "true"})
    assert response.content.strip().startswith(b'<div id="found">')
    assert b"data-announce" in response.content
    assert "HX-Request" in response["Vary"]


def test_the_form_works_without_a_script(client, run):
    page = client.get(address(run, "statements/")).content.decode()
    form = re.search(r"<form class=\"filter.*?</form>", page, re.S)[0]
    assert f'method="get" role="search" action="{address(run, "statements/")}"' in form
    assert 'type="submit"' in form


# One statement


def test_a_statement_has_a_page_with_votes_of_each_group(client, run):
    line = lines(run)[1]
    text = text_of(client.get(address(run, f"statements/{line.number}/")))
    assert line.text in text
    assert "100 % agree (20; range 84 % to 100 %)" in text
    assert "100 % disagree (10)" in text
    assert "30 votes in all" in text


def test_the_page_says_of_every_rule_whether_and_why(client, deep):
    line = lines(deep)[3]
    text = text_of(client.get(address(deep, f"statements/{line.number}/")))
    assert "Not enough evidence Group B cast 1 vote on it; 5 are needed." in text
    assert "2 · Most agree votes" in text
    assert "redrawn panels" in text


def test_a_statement_that_is_not_in_the_run_is_not_found(client, run):
    assert client.get(address(run, "statements/999/")).status_code == 404


def test_statements_lead_to_their_neighbours(client, run):
    numbers = [line.number for line in lines(run)]
    page = client.get(address(run, f"statements/{numbers[1]}/")).content.decode()
    assert f'rel="prev" href="{address(run, f"statements/{numbers[0]}/")}"' in page
    assert f'rel="next" href="{address(run, f"statements/{numbers[2]}/")}"' in page


# Rules side by side


def test_rules_stand_side_by_side_with_the_reason_of_each(client, deep):
    text = text_of(client.get(address(deep, "rules/?show=all")))
    assert "1 · Agreement of all groups above a threshold drafts" in text
    assert "1 Not enough evidence. Group B cast 1 vote on it; 5 are needed." in text


def test_overlap_counts_what_two_rules_share(deep):
    statements = lines(deep)
    first, second = ({line.number for line in statements if line.selected_by(n)} for n in (0, 1))
    table = overlap(statements, 2)
    assert table[0][0].both == len(first)
    assert table[0][1].both == table[1][0].both == len(first & second)
    assert table[0][1].share == len(first & second) / len(first | second)


def test_contested_are_statements_that_some_rules_select_and_some_do_not(client, deep):
    contested = [row.line.number for row in rows(lines(deep), 2, "contested")]
    assert contested == [
        line.number for line in lines(deep) if line.selected_by(0) != line.selected_by(1)
    ]
    text = text_of(client.get(address(deep, "rules/?show=contested")))
    assert f"The rules differ on {len(contested)} statement" in text


def test_the_method_names_formulas_rules_and_where_they_are_from(client, deep):
    response = client.get(address(deep, "method/"))
    text = text_of(response)
    assert response.content.count(b"<math") >= 6
    assert "Multiply (A + 1) / (S + 2) over all groups." in text
    assert "Huang et al. 2024" in text
    for fingerprint in (deep.plan_hash, deep.input_digest, deep.outcome_digest):
        assert fingerprint in text


# Fair representation


def test_a_proof_stands_beside_its_rule(client):
    round = closed()
    run = finish(round, another(round, DEEP | {"properties": {}}))
    text = text_of(client.get(address(run, "rules/")))
    assert "Is everyone represented?" in text
    assert "Yes Nobody is left out." in text


def test_a_refusal_tells_whom_it_fails(deep):
    numbers = [line.number for line in lines(deep)]
    example = {"people": 12, "statements": numbers[:2], "deserved": 2, "got": 1, "seats": 5}
    found = {"rule": "approval", "index": 1, "seats": 5, "bound": 5}
    deep.summary |= {
        "properties": [found | {"property": "ejr", "holds": False, "counterexample": example}]
    }
    ((one,),) = proven(deep, lines(deep)).values()
    assert one.holds is False
    assert one.story.startswith("12 people all agree on the statements below.")
    assert [line.number for line in one.statements] == numbers[:2]


def test_runs_whose_plan_asks_for_no_proof_show_none(client, deep):
    assert "Is everyone represented?" not in text_of(client.get(address(deep, "rules/")))


# The same number of queries, however many statements


PAGES = ["", "statements/", "rules/", "change/", "groups/a/", "method/", "data/"]


def queries(client, count, run: Run) -> list[int]:
    slug = run.round.deliberation.slug
    found = []
    for path in PAGES:
        with count(40) as captured:
            assert client.get(f"/d/{slug}/report/{run.pk}/{path}").status_code == 200
        found.append(len(captured))
    return found


def larger() -> Round:
    """Twenty people on 44 statements."""
    deliberation = make_open(slug="larger")
    more = [f"The assistant should know rule number {n}." for n in range(40)]
    add_seeds(round=the_round(deliberation), texts=more, actor=None)
    for n in range(20):
        vote_row(join(deliberation), [1 if (n + at) % 3 else -1 for at in range(44)])
    return close_round(round=the_round(deliberation), actor=None)


def test_pages_take_as_many_queries_for_many_statements_as_for_few(
    client, deep, django_assert_max_num_queries
):
    few = queries(client, django_assert_max_num_queries, deep)
    round = larger()
    many = finish(round, another(round, DEEP))
    assert queries(client, django_assert_max_num_queries, many) == few
