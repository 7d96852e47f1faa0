"""Inviting and reminding; contacts that come, change and go on the promised day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import close_old_connections, connection
from django.utils import timezone

from deliberation.models import (
    AuditEntry,
    Contact,
    JoinTally,
    ListUpload,
    Outgoing,
    Panel,
    Participant,
    Pool,
    PoolMember,
    Seat,
)
from deliberation.models.recruiting import MailKind, MailState
from deliberation.services import contacts, join_tally, list_uploads, outbox
from deliberation.services.errors import Gone, Invalid
from deliberation.services.joining import sit_down as join_by_page
from deliberation.services.panels import find_seat, reissue_seat, revoke_seat
from deliberation.services.recruiting import (
    BETWEEN_LETTERS,
    invitable,
    invite,
    invite_all,
    on_paper,
    remind,
    seat_link_token,
)
from deliberation.services.rounds import consent_hash
from tests.deliberation.recruits import invited, listed, person, sit_down
from tests.factories import make_deliberation, make_open, make_user, the_round

pytestmark = pytest.mark.django_db


def sent(ago: timedelta = timedelta(0)) -> None:
    """All letters went out so long ago."""
    at = timezone.now() - ago
    Outgoing.objects.update(state=MailState.SENT, sent_at=at, created_at=at)


class TestInviting:
    def test_each_gets_a_seat_of_their_own_and_one_letter(self):
        deliberation = make_open()
        people = listed(deliberation)
        assert invite(deliberation=deliberation, contacts=people, kind="seat", actor=None) == 3
        assert invite(deliberation=deliberation, contacts=people, kind="seat", actor=None) == 0
        assert Seat.objects.filter(contact__in=people).count() == 3
        assert Outgoing.objects.filter(kind="seat").count() == 3

    def test_the_link_in_the_letter_is_that_of_the_seat(self):
        deliberation = make_open()
        for contact in invited(deliberation):
            found = find_seat(deliberation, seat_link_token(contact.seat))
            assert found == contact.seat

    def test_without_an_address_there_is_a_seat_and_no_letter(self):
        deliberation = make_open()
        (contact,) = invited(deliberation, person(1, email=""))
        assert contact.seat is not None
        assert not Outgoing.objects.exists()
        assert list(on_paper(deliberation.panel)) == [contact]

    def test_someone_who_wants_no_letters_gets_none(self):
        deliberation = make_open()
        listed(deliberation)
        Contact.objects.update(no_letters_at=timezone.now())
        invite_all(deliberation=deliberation, actor=None)
        assert not Outgoing.objects.exists()

    def test_inviting_everyone_leaves_the_pool_of_a_lottery_alone(self):
        deliberation = make_open()
        alice, *_others = listed(deliberation)
        pool = Pool.objects.create(panel=deliberation.panel)
        PoolMember.objects.create(pool=pool, number=1, contact=alice, source="file")
        assert invite_all(deliberation=deliberation, actor=None) == 2
        alice.refresh_from_db()
        assert alice.seat is None

    def test_a_person_drawn_by_lot_gets_the_letter_of_the_lottery(self):
        deliberation = make_open()
        people = listed(deliberation)[:1]
        invite(deliberation=deliberation, contacts=people, kind="drawn", actor=None)
        assert Outgoing.objects.get().kind == MailKind.DRAWN

    def test_contacts_of_another_panel_are_not_invited_to_this_one(self):
        deliberation = make_open()
        strangers = listed(make_open(slug="other"))
        done = invite(deliberation=deliberation, contacts=strangers, kind="seat", actor=None)
        assert done == 0
        assert not Seat.objects.filter(panel=deliberation.panel).exists()

    def test_the_audit_trail_counts_and_names_nobody(self):
        invited(make_open())
        (entry,) = AuditEntry.objects.filter(action="people.invited")
        assert entry.detail["letters"] == 3
        assert "example.org" not in str(entry.detail) + entry.subject


@pytest.mark.django_db(transaction=True)
def test_two_people_who_invite_everyone_at_once_invite_each_once():
    deliberation = make_open()
    listed(deliberation, *(person(n) for n in range(20)))

    def press(_):
        close_old_connections()
        try:
            return invite_all(deliberation=deliberation, actor=None)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as pool:
        done = list(pool.map(press, range(4)))
    assert sum(done) == 20
    assert Seat.objects.filter(panel=deliberation.panel).count() == 20
    assert Outgoing.objects.count() == 20


class TestNewLinks:
    def test_a_new_link_agrees_with_the_letters_written_after_it(self):
        deliberation = make_open()
        (contact,) = invited(deliberation, person(1))
        old = seat_link_token(contact.seat)
        issued = reissue_seat(seat=contact.seat, actor=None)
        contact.seat.refresh_from_db()
        assert issued.token == seat_link_token(contact.seat) != old
        assert find_seat(deliberation, old) is None

    def test_writing_again_before_the_link_was_used_sends_the_same_one(self):
        deliberation = make_open()
        (contact,) = invited(deliberation, person(1))
        sent()
        contacts.write_again(contact=contact, actor=None)
        assert Seat.objects.get().link_version == 1
        assert Outgoing.objects.filter(state=MailState.QUEUED).count() == 1

    def test_writing_again_to_someone_who_is_here_leads_back_to_the_same_votes(self):
        deliberation = make_open()
        (contact,) = invited(deliberation, person(1))
        sit_down(contact)
        before = Participant.objects.get()
        contacts.write_again(contact=contact, actor=None)
        seat = Seat.objects.get()
        assert (seat.link_version, seat.taken_at) == (2, None)
        assert Participant.objects.get().number == before.number
        assert Participant.objects.get().session_version > before.session_version

    def test_nobody_is_written_to_on_a_revoked_seat(self):
        (contact,) = invited(make_open(), person(1))
        revoke_seat(seat=contact.seat, actor=None)
        with pytest.raises(Gone):
            contacts.write_again(contact=contact, actor=None)

    @pytest.mark.parametrize("changes", [{"email": ""}, {"no_letters_at": timezone.now()}])
    def test_nobody_is_written_to_who_cannot_or_will_not_be(self, changes):
        (contact,) = invited(make_open(), person(1))
        Contact.objects.update(**changes)
        with pytest.raises(Invalid):
            contacts.write_again(contact=contact, actor=None)


class TestReminding:
    def test_only_who_is_not_here_some_days_after_the_letter(self):
        deliberation = make_open()
        alice, bob, eve = invited(deliberation)
        sent(BETWEEN_LETTERS + timedelta(hours=1))
        sit_down(alice)
        Contact.objects.filter(pk=bob.pk).update(no_letters_at=timezone.now())
        assert remind(deliberation=deliberation, actor=None) == 1
        assert Outgoing.objects.get(kind=MailKind.REMINDER).contact == eve

    def test_not_before_three_days_have_passed_and_not_twice_in_a_row(self):
        deliberation = make_open()
        invited(deliberation)
        sent(BETWEEN_LETTERS - timedelta(hours=1))
        assert remind(deliberation=deliberation, actor=None) == 0
        sent(BETWEEN_LETTERS + timedelta(hours=1))
        assert remind(deliberation=deliberation, actor=None) == 3
        sent_again = Outgoing.objects.filter(kind=MailKind.REMINDER)
        sent_again.update(state=MailState.SENT)
        assert remind(deliberation=deliberation, actor=None) == 0
        assert remind(
            deliberation=deliberation, actor=None, now=timezone.now() + 2 * BETWEEN_LETTERS
        )
        assert sent_again.filter(number=2).count() == 3

    @pytest.mark.parametrize("state", [MailState.BOUNCED, MailState.FAILED, MailState.QUEUED])
    def test_nobody_whose_letter_did_not_arrive(self, state):
        deliberation = make_open()
        invited(deliberation)
        sent(2 * BETWEEN_LETTERS)
        Outgoing.objects.update(state=state)
        assert remind(deliberation=deliberation, actor=None) == 0


class TestChanging:
    def test_a_mended_address_can_be_written_to_afresh(self):
        deliberation = make_open()
        (contact,) = invited(deliberation, person(1, email="typo@example.org"))
        Outgoing.objects.update(state=MailState.BOUNCED)
        contacts.edit_contact(
            contact=contact,
            email="Right@Example.org",
            name="",
            reference="",
            postal_address="",
            language="de",
            actor=None,
        )
        assert contact.email == "right@example.org"
        assert list(invitable(deliberation.panel)) == [contact]
        assert invite_all(deliberation=deliberation, actor=None) == 1
        assert Outgoing.objects.get().state == MailState.QUEUED

    def test_an_address_that_another_contact_has_is_refused(self):
        alice, bob, _eve = listed(make_open())
        with pytest.raises(Invalid) as refused:
            contacts.edit_contact(
                contact=alice,
                email=bob.email,
                name="",
                reference="",
                postal_address="",
                language="en",
                actor=None,
            )
        assert refused.value.field == "email"


class TestDeleting:
    def world(self):
        deliberation = make_open()
        people = invited(deliberation)
        sit_down(people[0])
        list_uploads.keep(
            panel=deliberation.panel,
            purpose="contacts",
            data=b"x",
            actor=make_user("b@example.org"),
        )
        return deliberation

    def test_all_of_it_goes_and_seats_and_people_stay(self):
        deliberation = self.world()
        assert contacts.delete_contacts(panel=deliberation.panel, actor=None) == 3
        assert not Contact.objects.exists()
        assert not Outgoing.objects.exists()
        assert not ListUpload.objects.exists()
        assert Seat.objects.count() == 3
        assert Participant.objects.count() == 1
        (entry,) = AuditEntry.objects.filter(action="contacts.deleted")
        assert entry.detail == {"people": 3}

    def test_it_happens_on_the_promised_day_and_not_before(self):
        deliberation = self.world()
        day = timezone.localdate() + timedelta(days=5)
        Panel.objects.filter(deliberation=deliberation).update(delete_contacts_on=day)
        assert contacts.delete_due(today=day - timedelta(days=1)) == 0
        assert contacts.delete_due(today=day) == 3
        assert contacts.delete_due(today=day) == 0

    def test_another_panel_keeps_its_contacts(self):
        deliberation = self.world()
        listed(make_open(slug="other"))
        contacts.delete_contacts(panel=deliberation.panel, actor=None)
        assert Contact.objects.count() == 3

    def test_who_was_in_a_pool_stays_there_without_a_name(self):
        deliberation = make_open()
        alice, *_others = listed(deliberation)
        pool = Pool.objects.create(panel=deliberation.panel)
        PoolMember.objects.create(pool=pool, number=1, contact=alice, source="file")
        contacts.delete_contacts(panel=deliberation.panel, actor=None)
        assert PoolMember.objects.get().contact is None

    def test_one_person_taken_off_loses_their_letters_only(self):
        alice, *_others = invited(make_open())
        contacts.remove_contact(contact=alice, actor=None)
        assert (Contact.objects.count(), Outgoing.objects.count()) == (2, 2)
        assert Seat.objects.count() == 3

    def test_a_list_that_nobody_imported_is_forgotten_after_a_day(self):
        self.world()
        assert list_uploads.sweep() == 0
        ListUpload.objects.update(created_at=timezone.now() - timedelta(hours=25))
        assert list_uploads.sweep() == 1


class TestReview:
    def test_lines_are_new_known_or_broken(self):
        deliberation = make_deliberation()
        listed(deliberation, person(1))
        data = (
            "E-Mail,Name,Language\nP1@example.org,One,en\nnew@example.org,New,Deutsch\n"
            "not-an-address,Broken,en\nNEW@example.org,Twice,en\nx@example.org,X,tlh\n,,\n"
        )
        found = contacts.review(panel=deliberation.panel, data=data.encode(), language="fr")
        assert [p.line for p in found.known] == [2]
        assert [(p.email, p.language) for p in found.new] == [("new@example.org", "de")]
        assert [(p.line, p.column) for p in found.problems] == [
            (4, "e-mail"),
            (5, "e-mail"),
            (6, "language"),
        ]
        assert not found.importable

    def test_a_line_without_address_needs_a_name_or_reference(self):
        panel = make_deliberation().panel
        data = b"e-mail,name,reference,language\n,,,de\n,Bob,,\n,,A-1,\n"
        found = contacts.review(panel=panel, data=data, language="fr")
        assert [p.line for p in found.problems] == [2]
        assert [(p.name, p.reference, p.language) for p in found.new] == [
            ("Bob", "", "fr"),
            ("", "A-1", "fr"),
        ]

    def test_adding_the_same_list_twice_adds_it_once(self):
        deliberation = make_deliberation()
        people = [person(n) for n in range(5)]
        assert contacts.add_contacts(deliberation=deliberation, people=people, actor=None) == 5
        assert contacts.add_contacts(deliberation=deliberation, people=people, actor=None) == 0


class TestTally:
    def join(self, deliberation, network: str) -> None:
        join_by_page(
            deliberation=deliberation,
            consent_hash=consent_hash(the_round(deliberation)),
            network=network,
        )

    def test_joins_by_the_open_link_are_counted_by_network_and_hour(self):
        deliberation = make_open()
        for network in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
            self.join(deliberation, network)
        assert sorted(JoinTally.objects.values_list("joined", flat=True)) == [1, 2]
        assert b"192.0.2" not in b"".join(bytes(t.network) for t in JoinTally.objects.all())

    def test_a_seat_link_is_not_counted(self):
        deliberation = make_open()
        (contact,) = invited(deliberation, person(1))
        join_by_page(
            deliberation=deliberation,
            consent_hash=consent_hash(the_round(deliberation)),
            network="192.0.2.1",
            token=seat_link_token(contact.seat),
        )
        assert not JoinTally.objects.exists()

    def test_old_rows_are_forgotten(self):
        self.join(make_open(), "192.0.2.1")
        assert join_tally.sweep() == 0
        JoinTally.objects.update(hour=timezone.now() - join_tally.KEPT - timedelta(hours=1))
        assert join_tally.sweep() == 1


def test_counts_of_letters_name_every_state():
    deliberation = make_open()
    invited(deliberation)
    assert outbox.counts(deliberation.outgoing.all()) == {
        "queued": 3,
        "sending": 0,
        "sent": 0,
        "failed": 0,
        "bounced": 0,
    }
