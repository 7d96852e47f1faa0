"""People are asked by e-mail to work on a deliberation, and accept."""

import re
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from deliberation.models import AuditEntry, MemberInvitation, Membership, Outgoing, User
from deliberation.services.errors import Gone, Invalid, NotAllowed
from deliberation.services.member_invitations import (
    VALID_FOR,
    accept,
    find_invitation,
    invitation_token,
    invite_member,
    send_again,
    withdraw_invitation,
)
from deliberation.services.outbox import send_due
from tests.factories import make_deliberation, make_user

CAROL = "carol@example.org"


@pytest.fixture
def deliberation(alice):
    return make_deliberation(owner=alice)


@pytest.fixture
def by_mail(settings):
    settings.MAIL_OFFERED, settings.MAIL_LINKS = True, "https://moot.example.org"


def page(name, *args):
    return reverse(name, args=["assistant", *args])


def of(deliberation, user):
    return Membership.objects.get(deliberation=deliberation, user=user)


def invited(deliberation, alice, email=CAROL, role="recruiter"):
    return invite_member(
        deliberation=deliberation, email=email, role=role, language="en", actor=alice
    )


def accepting(invitation):
    return reverse("accept_membership", args=[invitation_token(invitation)])


class TestInviting:
    def test_the_letter_leads_to_a_page_that_asks_before_it_does_anything(
        self, deliberation, alices, by_mail
    ):
        sent = {"email": "Carol@Example.org", "role": "recruiter", "language": "en"}
        assert alices.post(page("members"), sent).status_code == 302
        assert send_due() == 1
        (letter,) = mail.outbox
        assert letter.to == [CAROL]
        assert "sees their names and addresses" in letter.body
        link = re.search(r"https://moot\.example\.org(/work/\S+)", letter.body)[1]
        client = Client()
        asked = client.get(link)
        assert asked.status_code == 200
        assert not User.objects.filter(email=CAROL).exists()
        assert client.post(link).headers["Location"] == reverse("choose_password")
        carol = User.objects.get(email=CAROL)
        assert of(deliberation, carol).role == "recruiter"
        assert client.get(page("workspace")).status_code == 200
        assert not carol.may_create
        assert client.post(link).status_code == 410

    def test_the_letter_is_in_the_language_chosen_for_its_reader(
        self, deliberation, alice, by_mail
    ):
        invite_member(
            deliberation=deliberation, email=CAROL, role="auditor", language="de", actor=alice
        )
        send_due()
        (letter,) = mail.outbox
        assert letter.extra_headers["Content-Language"] == "de"

    def test_where_no_mail_is_sent_the_link_is_shown_once(self, deliberation, alices, settings):
        settings.MAIL_OFFERED = False
        shown = alices.post(page("members"), {"email": CAROL, "role": "auditor", "language": "en"})
        link = re.search(r"/work/[^/\"]+/", shown.content.decode())[0]
        assert shown["Cache-Control"].count("no-store") == 1
        assert not Outgoing.objects.exists()
        assert link not in alices.get(page("members")).content.decode()
        assert Client().get(link).status_code == 200

    def test_by_mail_the_link_is_never_on_a_page(self, deliberation, alices, by_mail):
        sent = {"email": CAROL, "role": "auditor", "language": "en"}
        answer = alices.post(page("members"), sent, follow=True)
        token = invitation_token(MemberInvitation.objects.get())
        assert token not in answer.content.decode()

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"email": ""}, "Write the e-mail address"),
            ({"email": "carol at home"}, "no e-mail address"),
            ({"role": ""}, "Choose a role."),
            ({"role": "king"}, "Choose one of the roles."),
            ({"language": "tlh"}, "tlh"),
            ({"email": "ALICE@example.org"}, "works here already"),
        ],
    )
    def test_what_does_not_hold_is_said_at_the_field_and_kept(
        self, deliberation, alices, changes, words
    ):
        sent = {"email": CAROL, "role": "auditor", "language": "fr"} | changes
        answer = alices.post(page("members"), sent)
        html = answer.content.decode()
        assert answer.status_code == 422
        assert words in html
        assert f'value="{sent["email"]}"' in html or not sent["email"]
        assert not MemberInvitation.objects.exists()

    def test_nobody_is_asked_twice_at_a_time(self, deliberation, alice):
        invited(deliberation, alice)
        with pytest.raises(Invalid) as refused:
            invited(deliberation, alice, email=" Carol@example.org")
        assert refused.value.field == "email"

    def test_sending_again_makes_the_link_before_useless(self, deliberation, alice, by_mail):
        invitation = invited(deliberation, alice)
        before = invitation_token(invitation)
        MemberInvitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert find_invitation(before) is None
        again = send_again(invitation=invitation, actor=alice)
        assert find_invitation(before) is None
        assert find_invitation(invitation_token(again)) == invitation
        assert Outgoing.objects.count() == 2
        assert send_due() == 2

    def test_a_withdrawn_invitation_is_forgotten_with_its_letter(
        self, deliberation, alice, by_mail
    ):
        invitation = invited(deliberation, alice)
        token = invitation_token(invitation)
        withdraw_invitation(invitation=invitation, actor=alice)
        assert not MemberInvitation.objects.exists()
        assert not Outgoing.objects.exists()
        with pytest.raises(Gone):
            accept(token=token, user=None)

    def test_it_runs_out_after_fourteen_days(self, deliberation, alice):
        invitation = invited(deliberation, alice)
        assert timedelta(days=14) == VALID_FOR
        MemberInvitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert Client().get(accepting(invitation)).status_code == 410
        with pytest.raises(Gone):
            accept(token=invitation_token(invitation), user=None)

    def test_the_audit_trail_names_no_address(self, deliberation, alice):
        invitation = invited(deliberation, alice)
        send_again(invitation=invitation, actor=alice)
        accept(token=invitation_token(MemberInvitation.objects.get()), user=None)
        entries = AuditEntry.objects.filter(action__startswith="member.")
        assert [entry.action for entry in entries.order_by("id")] == [
            "member.invited",
            "member.invited_again",
            "member.joined",
        ]
        assert not any("@" in f"{entry.subject}{entry.detail}" for entry in entries)

    def test_the_pages_withdraw_and_send_again(self, deliberation, alice, alices, by_mail):
        invitation = invited(deliberation, alice)
        assert CAROL in alices.get(page("members")).content.decode()
        address = page("member_invitation", invitation.pk)
        assert alices.post(address, {"do": "again"}).status_code == 302
        assert Outgoing.objects.count() == 2
        assert alices.post(address, {"do": "withdraw"}).status_code == 302
        assert alices.post(address, {"do": "withdraw"}).status_code == 404
        alices.get(page("members"))  # the page that says what was done
        assert CAROL not in alices.get(page("members")).content.decode()


class TestAccepting:
    def test_a_link_signs_nobody_in_who_has_an_account_already(self, deliberation, alice):
        carol = make_user(CAROL)
        invitation = invited(deliberation, alice)
        client = Client()
        asked = client.get(accepting(invitation))
        assert f"next={accepting(invitation)}" in asked.content.decode()
        assert client.post(accepting(invitation)).status_code == 409
        assert "_auth_user_id" not in client.session
        client.force_login(carol)
        answer = client.post(accepting(invitation))
        assert answer.headers["Location"] == page("workspace")
        assert of(deliberation, carol).role == "recruiter"

    @pytest.mark.parametrize("known", [True, False])
    def test_whoever_is_signed_in_as_another_is_told_so_and_may_sign_out(
        self, deliberation, alice, bob, known
    ):
        if known:
            make_user(CAROL)
        invitation, client = invited(deliberation, alice), Client()
        client.force_login(bob)
        asked = client.get(accepting(invitation)).content.decode()
        assert "You are signed in as" in asked
        assert "bob@example.org" in asked
        assert client.post(accepting(invitation)).status_code == 409
        assert of(deliberation, bob).role == "moderator"
        answer = client.post(accepting(invitation), {"do": "switch"})
        assert answer.headers["Location"] == accepting(invitation)
        assert "_auth_user_id" not in client.session

    def test_the_service_itself_refuses_another_account(self, deliberation, alice, bob):
        invitation = invited(deliberation, alice)
        with pytest.raises(NotAllowed):
            accept(token=invitation_token(invitation), user=bob)
        make_user(CAROL)
        with pytest.raises(NotAllowed):
            accept(token=invitation_token(invitation), user=None)
        assert MemberInvitation.objects.get().accepted_at is None

    def test_an_invitation_takes_no_role_away(self, deliberation, alice):
        invitation, carol = invited(deliberation, alice, role="auditor"), make_user(CAROL)
        Membership.objects.create(deliberation=deliberation, user=carol, role="owner")
        accept(token=invitation_token(invitation), user=carol)
        assert of(deliberation, carol).role == "owner"

    @pytest.mark.django_db(transaction=True)
    def test_two_clicks_at_once_make_one_account_and_one_role(self, deliberation, alice):
        token = invitation_token(invited(deliberation, alice))
        gate, refused = threading.Barrier(2), []

        def click():
            gate.wait()
            try:
                accept(token=token, user=None)
            except Gone as error:
                refused.append(error)
            connection.close()

        threads = [threading.Thread(target=click) for _click in range(2)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert User.objects.filter(email=CAROL).count() == 1
        assert len(refused) == 1
