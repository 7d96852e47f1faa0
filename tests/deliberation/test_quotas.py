"""Quotas: stored, suggested, read from a file, and what contradicts itself said at once."""

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from deliberation.models import Stratum, User
from deliberation.pool_lists import read_quotas
from deliberation.services.errors import Invalid, WrongPhase
from deliberation.services.pools import fix_pool
from deliberation.services.quotas import Balance, Quota, balances, save_quotas, suggest, the_pool
from tests.deliberation.drawing import AGE, PLACE, make_pool
from tests.deliberation.organising import sign_in_as
from tests.factories import make_deliberation

PAGE = "/organise/assistant/quotas/"
FORM = {
    "seats": "10",
    "margin": "1",
    "s0-name": "Age group",
    "s0-v0-value": "young",
    "s0-v0-share": "40",
    "s0-v0-minimum": "3",
    "s0-v0-maximum": "5",
    "s0-v1-value": "old",
    "s0-v1-share": "60",
    "s0-v1-minimum": "5",
    "s0-v1-maximum": "7",
}


@pytest.mark.django_db
class TestPage:
    def test_what_is_saved_is_there_again(self, owner_client: Client) -> None:
        deliberation = make_deliberation(User.objects.get())
        answer = owner_client.post(PAGE, FORM | {"do": "save"})
        assert answer.status_code == 302
        (stored,) = balances(deliberation.panel)
        assert stored == Balance("Age group", [Quota("young", 3, 5, 0.4), Quota("old", 5, 7, 0.6)])
        page = owner_client.get(PAGE).content.decode()
        assert 'name="s0-v1-value" value="old"' in page
        assert 'name="s0-v1-share" value="60"' in page

    @pytest.mark.parametrize(
        ("button", "field", "there"),
        [
            ("add-value.0", "s0-v2-value", True),
            ("add-stratum", "s1-v1-maximum", True),
            ("remove-value.0.1", "s0-v1-value", False),
            ("remove-stratum.0", "s0-name", False),
        ],
    )
    def test_rows_come_and_go_without_losing_or_storing_anything(
        self, owner_client: Client, button: str, field: str, there: bool
    ) -> None:
        make_deliberation(User.objects.get())
        page = owner_client.post(PAGE, FORM | {"do": button, "s0-v0-value": "typed"})
        text = page.content.decode()
        assert (f'name="{field}"' in text) is there
        assert ('value="typed"' in text) is (button != "remove-stratum.0")
        assert not Stratum.objects.exists()

    def test_a_middle_row_that_goes_leaves_the_others_in_order(self, owner_client: Client) -> None:
        make_deliberation(User.objects.get())
        sent = FORM | {"s0-v2-value": "older", "do": "remove-value.0.1"}
        text = owner_client.post(PAGE, sent).content.decode()
        assert 'name="s0-v0-value" value="young"' in text
        assert 'name="s0-v1-value" value="older"' in text

    @pytest.mark.parametrize(
        ("field", "typed", "message"),
        [
            ("seats", "many", "Write a whole number from 1 to 10000."),
            ("s0-v0-minimum", "6", "The smallest number is above the largest."),
            ("s0-v0-share", "140", "Write a share from 0 to 100 percent."),
            ("s0-v0-share", "nan", "Write a share from 0 to 100 percent."),
            ("s0-v0-value", "", "Name this value."),
            ("s0-name", "", "Give this feature a name"),
            ("s0-name", "E-Mail", "Lists have a column"),
            ("s0-v1-value", "Young", "Two values of"),
        ],
    )
    def test_what_does_not_hold_is_said_and_nothing_is_lost(
        self, owner_client: Client, field: str, typed: str, message: str
    ) -> None:
        make_deliberation(User.objects.get())
        answer = owner_client.post(PAGE, FORM | {field: typed, "do": "save"})
        text = answer.content.decode()
        assert answer.status_code == 422
        assert message in text
        assert f'name="{field}" value="{typed}"' in text or f'value="{typed}"' in text
        assert not Stratum.objects.exists()

    def test_quotas_that_contradict_each_other_are_told_with_what_to_change(
        self, owner_client: Client
    ) -> None:
        make_deliberation(User.objects.get())
        high = {"s0-v0-minimum": "6", "s0-v0-maximum": "9", "s0-v1-minimum": "7"}
        owner_client.post(PAGE, FORM | high | {"do": "save"})
        text = owner_client.get(PAGE).content.decode()
        assert "No panel can be drawn with these quotas yet" in text
        assert "add up to 13. That is more than the 10 people to draw." in text
        assert "Lower some of them, by 3 in all." in text

    def test_too_few_people_of_a_value_are_told_with_how_many_to_find(
        self, owner_client: Client
    ) -> None:
        deliberation = make_deliberation(User.objects.get())
        pool = make_pool(deliberation, 20)
        wanted = Balance("Place", [Quota("town", 0, 10), Quota("village", 9, 10)])
        save_quotas(panel=pool.panel, seats=10, strata=[AGE, wanted], actor=None)
        text = owner_client.get(PAGE).content.decode()
        assert "At least 9 people are to be “village”" in text
        assert "Find 2 more people, or lower the smallest number by as much." in text

    def test_suggestions_come_from_the_shares_and_are_not_stored(
        self, owner_client: Client
    ) -> None:
        make_deliberation(User.objects.get())
        sent = FORM | {"s0-v0-share": "25", "s0-v1-share": "75", "do": "suggest"}
        text = owner_client.post(PAGE, sent).content.decode()
        assert 'name="s0-v0-minimum" value="2"' in text
        assert 'name="s0-v1-maximum" value="8"' in text
        assert not Stratum.objects.exists()

    def test_a_file_fills_the_form(self, owner_client: Client) -> None:
        make_deliberation(User.objects.get())
        text = "stratum;value;share;min;max\nAge group;young;40;3;5\nAge group;old;60;;\n"
        page = owner_client.post(PAGE, {"do": "read", "text": text}).content.decode()
        assert 'name="s0-v0-minimum" value="3"' in page
        assert 'name="s0-v1-value" value="old"' in page

    @pytest.mark.parametrize(
        ("role", "status"),
        [("outsider", 404), ("moderator", 403), ("auditor", 403), ("recruiter", 200)],
    )
    def test_only_who_may_draw_sees_it(self, client: Client, role: str, status: int) -> None:
        deliberation = make_deliberation()
        sign_in_as(client, role, deliberation)
        assert client.get(PAGE).status_code == status


def test_lines_of_a_file_that_do_not_hold_are_named() -> None:
    data = "stratum,value,share,min,max\nAge,young,140,,\nAge,old,,5,3\nAge,middle,,x,\n"
    _strata, problems = read_quotas(data.encode(), seats=10)
    assert [problem.line for problem in problems] == [2, 3, 4]


@given(
    st.lists(st.integers(0, 100), min_size=1, max_size=12),
    st.integers(1, 200),
    st.integers(0, 3),
)
def test_suggested_numbers_can_always_be_met(shares: list[int], seats: int, margin: int) -> None:
    found = suggest([float(share) for share in shares], seats=seats, margin=margin)
    if sum(shares) == 0:
        assert found == [None] * len(shares)
        return
    pairs = [pair for pair in found if pair is not None]
    assert sum(low for low, _high in pairs) <= seats <= sum(high for _low, high in pairs)
    for share, (low, high) in zip(shares, pairs, strict=True):
        exact = share / sum(shares) * seats
        assert 0 <= low <= high <= seats
        assert low - 1 < exact < high + 1


@pytest.mark.django_db
class TestOnceThereArePeople:
    def test_a_value_that_someone_has_stays(self) -> None:
        pool = make_pool(make_deliberation())
        other = Balance("Place", [Quota("city", 6, 8), Quota("village", 2, 4)])
        with pytest.raises(Invalid, match="town"):
            save_quotas(panel=pool.panel, seats=10, strata=[AGE, other], actor=None)

    def test_a_feature_nobody_was_asked_about_cannot_come(self) -> None:
        pool = make_pool(make_deliberation(), strata=[AGE])
        with pytest.raises(Invalid, match="Place"):
            save_quotas(panel=pool.panel, seats=10, strata=[AGE, PLACE], actor=None)

    def test_numbers_change_until_the_pool_is_fixed(self) -> None:
        pool = make_pool(make_deliberation())
        save_quotas(panel=pool.panel, seats=12, strata=[AGE, PLACE], actor=None)
        assert the_pool(pool.panel).seats == 12
        fix_pool(pool=pool, actor=None)
        with pytest.raises(WrongPhase):
            save_quotas(panel=pool.panel, seats=13, strata=[AGE, PLACE], actor=None)
