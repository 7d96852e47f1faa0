"""Moderation by opinion group: bias would show, and nobody is told about by few figures."""

from __future__ import annotations

import pytest
from django.test import Client

from aggregation.models import ParticipantFinding, Run
from aggregation.report.groups import groups
from aggregation.report.lines import lines
from aggregation.report.moderation import Figures, Moderation, moderation
from deliberation.models import Deliberation, Participant, Statement
from deliberation.models.statements import Origin
from deliberation.services.lineage import rewrite
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round
from deliberation.services.withdrawal import withdraw
from deliberation.texts import fold
from tests.aggregation.reporting import finish, text_of, two_groups, voted
from tests.factories import join, the_round, vote_row

pytestmark = pytest.mark.django_db


def propose_as(who: Participant, count: int) -> list[Statement]:
    """Statements of one person that wait; as if proposed before voting alone began."""
    round = the_round(who.deliberation)
    made = []
    for _n in range(count):
        number = Statement.objects.filter(round=round).count() + 1
        text = f"It should know fact number {number}."
        made.append(
            Statement.objects.create(
                round=round,
                number=number,
                text=text,
                folded=fold(text),
                origin=Origin.PANEL,
                author=who,
                created_at=round.opened_at,
            )
        )
    return made


def decide(statements: list[Statement], decision: str, reason: str = "fits") -> None:
    for one in statements:
        moderate(statement=one, decision=decision, reason=reason, actor=None, role="owner")


def camps(deliberation: Deliberation) -> tuple[list[Participant], list[Participant]]:
    """The larger and the smaller camp of ``voted``."""
    people = list(deliberation.participants.order_by("number"))
    return [p for n, p in enumerate(people) if n % 3], people[::3]


def counted(deliberation: Deliberation) -> tuple[Run, Moderation]:
    round = close_round(round=the_round(deliberation), actor=None)
    run = finish(round, two_groups(round))
    return run, moderation(run, groups(run, lines(run)), strata=False)


def row_of(found: Moderation, size: int) -> Figures:
    return next(row for row in found.rows if row.group and row.group.size == size)


def test_every_statement_stands_with_the_group_of_its_author() -> None:
    deliberation = voted()
    large, small = camps(deliberation)
    decide(propose_as(large[0], 12), "accept")
    decide(propose_as(large[1], 3), "reject", "unclear")
    down = propose_as(small[0], 11)
    decide(down[:8], "reject", "off_topic")
    decide(down[8:10], "accept")
    _run, found = counted(deliberation)
    one, other = row_of(found, 20), row_of(found, 10)
    assert (one.accepted, one.rejected, one.undecided) == (12, 3, 0)
    assert (other.accepted, other.rejected, other.undecided) == (2, 8, 1)
    assert other.reasons == {"off_topic": 8}
    assert found.proposed == 26
    assert [(more.size, less.size) for more, less in found.apart] == [(10, 20)]


def test_shares_that_chance_explains_are_not_called_apart() -> None:
    deliberation = voted()
    large, small = camps(deliberation)
    for who, down in ((large[0], 3), (small[0], 4)):
        made = propose_as(who, 12)
        decide(made[:down], "reject", "unclear")
        decide(made[down:], "accept")
    _run, found = counted(deliberation)
    assert [row.share for row in found.rows] == [3 / 12, 4 / 12]
    assert found.apart == []


def test_a_statement_in_other_words_is_neither_shown_nor_turned_down() -> None:
    deliberation = voted()
    large, _small = camps(deliberation)
    (old,) = propose_as(large[0], 1)
    rewrite(statement=old, texts=["It should know.", "It should ask."], actor=None, role="owner")
    _run, found = counted(deliberation)
    row = row_of(found, 20)
    assert (row.proposed, row.reworded, row.accepted, row.rejected) == (1, 1, 0, 0)


def test_of_few_people_or_few_statements_no_share_is_told(client: Client) -> None:
    deliberation = voted(27)  # camps of 18 and 9
    large, small = camps(deliberation)
    decide(propose_as(large[0], 9), "reject", "unclear")
    decide(propose_as(small[0], 12), "reject", "spam")
    run, found = counted(deliberation)
    assert [row.enough for row in found.rows] == [False, False]
    assert [row.share for row in found.rows] == [None, None]
    page = text_of(client.get(f"/d/assistant/report/{run.pk}/moderation/"))
    assert "too little to compare" in page
    assert "12 statements proposed: not enough" in page
    assert "Advertising" not in page


def test_those_who_left_are_in_no_group() -> None:
    deliberation = voted()
    large, _small = camps(deliberation)
    decide(propose_as(large[0], 2), "accept")
    withdraw(participant=large[0])
    _run, found = counted(deliberation)
    assert [row.proposed for row in found.rows if row.group is None] == [2]


def test_where_groups_are_answers_small_counts_hide_everything() -> None:
    deliberation = voted()
    large, small = camps(deliberation)
    decide(propose_as(large[0], 12), "accept")
    decide(propose_as(small[0], 12), "accept")
    run, _found = counted(deliberation)
    found = moderation(run, groups(run, lines(run)), strata=True)
    assert found.hidden
    assert found.rows == []


def test_the_page_tells_groups_reasons_and_what_it_does_not_prove(client: Client) -> None:
    deliberation = voted()
    large, small = camps(deliberation)
    decide(propose_as(large[0], 12), "accept")
    decide(propose_as(small[0], 10), "reject", "off_topic")
    run, found = counted(deliberation)
    answer = client.get(f"/d/assistant/report/{run.pk}/moderation/")
    page = text_of(answer)
    assert answer.status_code == 200
    assert "That need not be bias" in page
    assert "Does not answer the question 0 10" in page
    numbers = ParticipantFinding.objects.filter(run=run).count()
    assert numbers == sum(row.group.size for row in found.rows if row.group)


def test_without_statements_of_the_panel_the_page_says_so(client: Client) -> None:
    run, _found = counted(voted())
    page = text_of(client.get(f"/d/assistant/report/{run.pk}/moderation/"))
    assert "The panel proposed no statements" in page
    assert client.get("/d/assistant/report/999999/moderation/").status_code == 404


def test_the_page_of_a_statement_says_what_it_was_made_from(client: Client) -> None:
    deliberation = voted()
    seed = Statement.objects.get(round=the_round(deliberation), number=4)
    text = "The assistant should ask me before it acts."
    (new,) = rewrite(statement=seed, texts=[text], actor=None, role="owner")
    vote_row(join(deliberation), [1, 1, 1, 1])
    run, _found = counted(deliberation)
    page = text_of(client.get(f"/d/assistant/report/{run.pk}/statements/{new.number}/"))
    assert f"Reworded from statement {seed.number}" in page
    assert seed.text in page
