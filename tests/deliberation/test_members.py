"""Who works on a deliberation: roles are given and taken, and it is on record."""

import threading

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from deliberation.models import Approval, AuditEntry, MemberInvitation, Membership, User
from deliberation.services.approvals import agreed, open_approval
from deliberation.services.errors import Invalid, ServiceError, WrongPhase
from deliberation.services.member_invitations import (
    invite_member,
)
from deliberation.services.members import change_role, remove_member, set_two_people
from deliberation.services.rounds import close_round
from tests.deliberation.organising import sign_in_as
from tests.factories import make_deliberation, make_open, the_round

CAROL = "carol@example.org"


@pytest.fixture
def deliberation(alice):
    return make_deliberation(owner=alice)


def page(name, *args):
    return reverse(name, args=["assistant", *args])


def of(deliberation, user):
    return Membership.objects.get(deliberation=deliberation, user=user)


def invited(deliberation, alice, email=CAROL, role="recruiter"):
    return invite_member(
        deliberation=deliberation, email=email, role=role, language="en", actor=alice
    )


def last_entry(deliberation):
    return AuditEntry.objects.filter(deliberation=deliberation).latest("id")


class TestRoles:
    def test_another_role_is_given_and_put_on_record_without_an_address(
        self, deliberation, alice, bob
    ):
        change_role(membership=of(deliberation, bob), role="auditor", actor=alice)
        assert of(deliberation, bob).role == "auditor"
        entry = last_entry(deliberation)
        assert entry.action == "member.role_changed"
        assert entry.subject == f"member {of(deliberation, bob).pk}"
        assert entry.detail == {"before": "moderator", "after": "auditor"}

    def test_the_same_role_again_leaves_no_line(self, deliberation, alice, bob):
        before = AuditEntry.objects.count()
        change_role(membership=of(deliberation, bob), role="moderator", actor=alice)
        assert AuditEntry.objects.count() == before

    @pytest.mark.parametrize("role", ["organiser", "auditor"])
    def test_the_last_owner_stays_owner(self, deliberation, alice, bob, role):
        with pytest.raises(Invalid) as refused:
            change_role(membership=of(deliberation, alice), role=role, actor=alice)
        assert refused.value.field == "role"
        with pytest.raises(Invalid):
            remove_member(membership=of(deliberation, alice), actor=alice)
        assert of(deliberation, alice).role == "owner"

    def test_an_owner_who_cannot_sign_in_is_no_second_owner(self, deliberation, alice, bob):
        change_role(membership=of(deliberation, bob), role="owner", actor=alice)
        User.objects.filter(pk=bob.pk).update(is_active=False)
        with pytest.raises(Invalid):
            remove_member(membership=of(deliberation, alice), actor=alice)

    def test_whoever_is_removed_is_out_at_once(self, deliberation, alice, bob):
        client = Client()
        client.force_login(bob)
        assert client.get(page("workspace")).status_code == 200
        remove_member(membership=of(deliberation, bob), actor=alice)
        assert client.get(page("workspace")).status_code == 404
        assert last_entry(deliberation).action == "member.removed"

    def test_somebody_who_is_gone_cannot_be_changed(self, deliberation, alice, bob):
        held = of(deliberation, bob)
        remove_member(membership=held, actor=alice)
        for change in (
            lambda: remove_member(membership=held, actor=alice),
            lambda: change_role(membership=held, role="owner", actor=alice),
        ):
            with pytest.raises(WrongPhase):
                change()

    @pytest.mark.django_db(transaction=True)
    def test_of_two_owners_who_remove_each_other_at_once_one_stays(self, deliberation, alice, bob):
        change_role(membership=of(deliberation, bob), role="owner", actor=alice)
        gate, refused = threading.Barrier(2), []

        def remove(victim, actor):
            held = of(deliberation, victim)
            gate.wait()
            try:
                remove_member(membership=held, actor=actor)
            except ServiceError as error:
                refused.append(error)
            connection.close()

        pairs = [(alice, bob), (bob, alice)]
        threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        owners = Membership.objects.filter(deliberation=deliberation, role="owner")
        assert (owners.count(), len(refused)) == (1, 1)


class TestTwoPeople:
    def test_it_is_switched_on_and_off_in_preparation(self, deliberation, alice):
        for on in (True, False):
            set_two_people(deliberation=deliberation, on=on, actor=alice)
            deliberation.refresh_from_db()
            assert deliberation.two_people is on
        assert last_entry(deliberation).action == "deliberation.two_people_off"

    def test_once_a_round_was_opened_it_goes_on_but_not_off(self, alice):
        deliberation = make_open(owner=alice)
        set_two_people(deliberation=deliberation, on=True, actor=alice)
        with pytest.raises(WrongPhase):
            set_two_people(deliberation=deliberation, on=False, actor=alice)
        close_round(round=the_round(deliberation), actor=alice)
        with pytest.raises(WrongPhase):
            set_two_people(deliberation=deliberation, on=False, actor=alice)

    def test_switching_off_drops_what_waits(self, deliberation, alice):
        set_two_people(deliberation=deliberation, on=True, actor=alice)
        agreed(deliberation=deliberation, action="open", digest="a", actor=alice)
        set_two_people(deliberation=deliberation, on=False, actor=alice)
        assert open_approval(deliberation, "open") is None

    def test_the_page_turns_the_switch_and_says_who_could_agree(self, deliberation, alices, bob):
        before = alices.get(page("members")).content.decode()
        assert "One person is enough" in before
        assert "1 person here could agree" in before
        alices.post(page("two_people"), {"two_people": "on"})
        deliberation.refresh_from_db()
        assert deliberation.two_people
        after = alices.get(page("members")).content.decode()
        assert "Two people are needed" in after
        assert "That is too few for two people" in after

    def test_the_owner_refuses_on_the_page_and_an_organiser_at_the_address(
        self, deliberation, alice, alices, bob
    ):
        set_two_people(deliberation=deliberation, on=True, actor=alice)
        Membership.objects.filter(user=bob).update(role="organiser")
        agreed(deliberation=deliberation, action="open", digest="a", actor=bob)
        html = alices.get(page("members")).content.decode()
        assert "bob@example.org" in html[html.index("Waits for a second person") :]
        assert page("open_round") in html
        waiting = open_approval(deliberation, "open")
        assert alices.post(page("refuse_approval", waiting.pk)).status_code == 302
        assert open_approval(deliberation, "open") is None
        agreed(deliberation=deliberation, action="open", digest="b", actor=alice)
        bobs = Client()
        bobs.force_login(bob)
        waiting = open_approval(deliberation, "open")
        assert bobs.post(page("refuse_approval", waiting.pk)).status_code == 302
        assert open_approval(deliberation, "open") is None

    @pytest.mark.parametrize("role", ["moderator", "recruiter", "auditor"])
    def test_who_may_not_do_it_may_not_refuse_it(self, deliberation, alice, client, role):
        set_two_people(deliberation=deliberation, on=True, actor=alice)
        agreed(deliberation=deliberation, action="open", digest="a", actor=alice)
        sign_in_as(client, role, deliberation)
        waiting = open_approval(deliberation, "open")
        assert client.post(page("refuse_approval", waiting.pk)).status_code == 403
        assert Approval.objects.get().decided_at is None


class TestPages:
    @pytest.mark.parametrize(
        ("role", "status"),
        [
            ("outsider", 404),
            ("organiser", 403),
            ("moderator", 403),
            ("recruiter", 403),
            ("auditor", 403),
        ],
    )
    def test_only_owners_give_and_take_roles(self, deliberation, alice, client, role, status):
        sign_in_as(client, role, deliberation)
        own = of(deliberation, alice).pk
        invitation = invited(deliberation, alice)
        assert client.get(page("members")).status_code == status
        asked = {"email": "x@example.org", "role": "owner", "language": "en"}
        assert client.post(page("members"), asked).status_code == status
        assert client.post(page("member", own), {"do": "remove"}).status_code == status
        assert client.post(page("two_people"), {"two_people": "on"}).status_code == status
        again = client.post(page("member_invitation", invitation.pk), {"do": "again"})
        assert again.status_code == status
        assert MemberInvitation.objects.count() == 1

    def test_a_role_is_changed_and_a_person_removed_on_their_page(self, deliberation, alices, bob):
        address = page("member", of(deliberation, bob).pk)
        assert alices.post(address, {"role": "owner"}).headers["Location"] == page("members")
        assert of(deliberation, bob).role == "owner"
        assert alices.post(address, {"do": "remove"}).status_code == 302
        assert alices.get(address).status_code == 404

    def test_the_last_owner_reads_why_it_cannot_be_done(self, deliberation, alice, alices):
        for sent in ({"role": "auditor"}, {"do": "remove"}):
            answer = alices.post(page("member", of(deliberation, alice).pk), sent)
            assert answer.status_code == 422
            assert "Every deliberation needs an owner" in answer.content.decode()

    def test_an_owner_who_gives_up_owning_is_led_away(self, deliberation, alice, alices, bob):
        Membership.objects.filter(user=bob).update(role="owner")
        answer = alices.post(page("member", of(deliberation, alice).pk), {"role": "auditor"})
        assert answer.headers["Location"] == reverse("organise")
        assert alices.get(page("members")).status_code == 403

    @pytest.mark.parametrize("role", ["organiser", "moderator", "recruiter", "auditor"])
    def test_everyone_may_stop_working_here_by_themselves(self, deliberation, client, role):
        sign_in_as(client, role, deliberation)
        user = User.objects.get(email=f"{role}@example.org")
        assert page("leave") in client.get(page("workspace")).content.decode()
        assert client.get(page("leave")).status_code == 200
        assert of(deliberation, user).role == role
        assert client.post(page("leave")).headers["Location"] == reverse("organise")
        assert client.get(page("workspace")).status_code == 404
        line = last_entry(deliberation)
        assert (line.action, line.actor, line.detail["role"]) == ("member.left", user, role)

    def test_the_last_owner_cannot_leave_and_reads_why(self, deliberation, alice, alices):
        answer = alices.post(page("leave"), follow=True)
        assert answer.redirect_chain == [(page("members"), 302)]
        assert "Every deliberation needs an owner" in answer.content.decode()
        assert of(deliberation, alice).role == "owner"

    def test_a_member_of_another_deliberation_is_not_found_here(self, deliberation, alices, bob):
        other = make_deliberation(owner=bob, slug="other")
        assert alices.get(page("member", of(other, bob).pk)).status_code == 404
