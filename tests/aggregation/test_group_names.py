"""Organisers name opinion groups: said as theirs, written into the trail, for the same groups."""

from __future__ import annotations

import pytest

from aggregation.models import GroupName, Run
from aggregation.naming import name_group
from deliberation.models import AuditEntry, Membership
from deliberation.models.deliberations import Role
from deliberation.services.errors import Invalid
from tests.aggregation.reporting import closed, finish, text_of, two_groups
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    round = closed()
    return finish(round, two_groups(round))


def call(run: Run, label: int, name: str, text: str = "") -> None:
    name_group(run=run, label=label, name=name, text=text, actor=None)


def report(client, run: Run) -> str:
    return text_of(client.get(f"/d/assistant/report/{run.pk}/"))


def sign_in(client, role: Role) -> None:
    user = make_user(f"{role}@example.org")
    Membership.objects.create(
        deliberation=Run.objects.get().round.deliberation, user=user, role=role
    )
    client.force_login(user)


def test_a_name_stands_in_the_report_and_says_whose_it_is(client, run):
    call(run, 0, "  Careful\n ones ", "They want to be asked first.")
    text = report(client, run)
    assert "Group A: Careful ones" in text
    assert "They want to be asked first." in text
    assert "Named by the organisers; the groups themselves come from the votes." in text
    page = text_of(client.get(f"/d/assistant/report/{run.pk}/groups/a/"))
    assert "Group A: Careful ones" in page


def test_the_title_of_a_page_holds_no_markup(client, run):
    call(run, 0, "Careful <ones>")
    page = client.get(f"/d/assistant/report/{run.pk}/groups/a/").content.decode()
    assert "<title>Group A: Careful &lt;ones&gt; – " in page
    assert "<bdi>Careful &lt;ones&gt;</bdi>" in page


def test_without_names_the_report_speaks_of_letters_only(client, run):
    assert "Named by the organisers" not in report(client, run)


def test_an_empty_name_takes_the_name_away(client, run):
    call(run, 1, "Careful ones")
    call(run, 1, "")
    assert not GroupName.objects.exists()
    assert "Careful ones" not in report(client, run)


def test_every_change_is_in_the_audit_trail_and_nothing_else_is(run):
    call(run, 0, "Careful ones")
    call(run, 0, "Careful ones")
    call(run, 0, "Bold ones", "They go ahead.")
    call(run, 1, "")
    entries = AuditEntry.objects.filter(action="group.named").order_by("pk")
    assert [entry.detail["name"] for entry in entries] == ["Careful ones", "Bold ones"]
    assert entries[0].subject == f"run {run.pk}, group A"


def test_a_run_with_the_same_result_has_the_same_names_and_another_has_not(client, run):
    call(run, 0, "Careful ones")
    again = finish(run.round, two_groups(run.round))
    assert again.outcome_digest == run.outcome_digest
    assert "Careful ones" in report(client, again)
    assert "Careful ones" not in report(client, finish(run.round))


def test_a_group_that_is_not_there_cannot_be_named(run):
    with pytest.raises(Invalid, match="no such group"):
        call(run, 7, "Nobody")


def test_a_line_needs_a_name(run):
    with pytest.raises(Invalid, match="Give the group a name"):
        call(run, 0, "", "They go ahead.")


# The organiser's page


def test_organisers_name_groups_on_a_page_of_the_run(client, run):
    sign_in(client, Role.ORGANISER)
    address = f"/organise/assistant/runs/{run.pk}/groups/"
    assert address in client.get(f"/organise/assistant/runs/{run.pk}/").content.decode()
    assert "Group A 20 people" in text_of(client.get(address))
    sent = {"group-0-name": "Careful ones", "group-0-text": "", "group-1-name": ""}
    response = client.post(address, sent)
    assert response["Location"] == f"/d/assistant/report/{run.pk}/"
    named = GroupName.objects.get()
    assert (named.label, named.name, named.by.email) == (0, "Careful ones", "organiser@example.org")


def test_what_does_not_hold_is_said_and_nothing_is_stored(client, run):
    sign_in(client, Role.OWNER)
    sent = {"group-0-name": "Careful ones", "group-1-text": "They go ahead."}
    response = client.post(f"/organise/assistant/runs/{run.pk}/groups/", sent)
    assert response.status_code == 422
    assert "Give the group a name before you write about it." in text_of(response)
    assert b'value="Careful ones"' in response.content
    assert not GroupName.objects.exists()


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.AUDITOR, Role.RECRUITER])
def test_other_roles_name_nothing(client, run, role):
    sign_in(client, role)
    assert client.post(f"/organise/assistant/runs/{run.pk}/groups/").status_code == 403


def test_outsiders_find_no_such_page(client, run):
    client.force_login(make_user("eve@example.org"))
    assert client.get(f"/organise/assistant/runs/{run.pk}/groups/").status_code == 404
