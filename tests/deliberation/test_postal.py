"""Postal addresses: read from lists, put together, shown and changed, deleted with the contact."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.test import Client

from deliberation import postal
from deliberation.bundles.writing import bundle
from deliberation.contact_lists import read_rows
from deliberation.models import AuditEntry, Contact, User
from deliberation.people_lists import postal_addresses
from deliberation.pool_lists import read_people
from deliberation.services.contacts import delete_contacts, remove_contact, review
from deliberation.services.pools import add_people, document
from deliberation.services.quotas import Balance, Quota, save_quotas, the_pool
from tests.deliberation.drawing import AGE, PLACE
from tests.deliberation.organising import sign_in_as
from tests.deliberation.recruits import listed, person
from tests.deliberation.subscribing import close
from tests.factories import make_deliberation, make_open

HOME = "/organise/assistant/"
TOWN = "Musterweg 5\n12345 Musterstadt"
SIX = "a / b / c / d / e / f"


class TestPuttingTogether:
    @pytest.mark.parametrize("cell", ["Musterweg 5 / 12345 Musterstadt", f" {TOWN}\r\n\r\n"])
    def test_one_cell_has_its_lines_by_line_breaks_or_slashes(self, cell):
        assert postal.put_together({"address": cell}) == TOWN

    def test_a_slash_without_space_is_part_of_its_line(self):
        row = {"address": "Musterweg 5/7 / 12345 Musterstadt"}
        assert postal.put_together(row).split("\n")[0] == "Musterweg 5/7"

    @pytest.mark.parametrize(
        ("header", "lines"),
        [
            ("Straße;Hausnummer;PLZ;Ort;Land", ["Musterweg 5", "12345 Musterstadt", "Austria"]),
            (
                "Pays;Numéro de voie;Rue;Code postal;Ville",
                ["5 Musterweg", "12345 Musterstadt", "Austria"],
            ),
            ("house number;street;town;postcode", ["5 Musterweg", "Musterstadt 12345"]),
        ],
    )
    def test_the_parts_of_a_line_come_in_the_order_of_the_list(self, header, lines):
        cells = {"Straße": "Musterweg", "Hausnummer": "5", "PLZ": "12345", "Ort": "Musterstadt"}
        cells |= {"Rue": "Musterweg", "Numéro de voie": "5", "Ville": "Musterstadt"}
        cells |= {"house number": "5", "street": "Musterweg", "town": "Musterstadt"}
        cells |= {"postcode": "12345", "Land": "Austria", "Pays": "Austria", "Code postal": "12345"}
        line = ";".join(cells[name] for name in header.split(";"))
        table = read_rows(f"{header}\n{line}\n".encode(), required=[], optional=postal.COLUMNS)
        assert postal_addresses(table) == ["\n".join(lines)]

    def test_a_town_that_stands_in_the_whole_address_is_not_said_twice(self):
        row = {"address": "Musterweg 5 / 12345 MUSTERSTADT", "town": "Musterstadt"}
        row |= {"postcode": "12345"}
        assert postal.put_together(row).count("12345") == 1

    def test_an_address_column_that_is_only_the_street_is_completed(self):
        row = {"address": "Musterweg", "house number": "5", "postcode": "12345"}
        assert postal.put_together(row | {"town": "Musterstadt"}) == TOWN

    def test_nothing_gives_nothing(self):
        assert postal.put_together({"address": " ", "town": ""}) == ""


class TestColumns:
    @pytest.mark.parametrize(
        "header",
        [
            "Name;Straße;PLZ;Ort;Land",
            "NAME;STRASSE;Postleitzahl;Wohnort;LAND",
            "Nom;Rue;Code postal;Ville;Pays",
            "Nombre;Calle;Código postal;Población;País",
            "name;street;post-code;town;country",
            "الاسم الكامل;الشارع;الرمز البريدي;المدينة;البلد",
        ],
    )
    def test_they_are_known_by_their_names_in_the_languages_of_the_site(self, header):
        table = read_rows(
            f"{header}\nAnn;Musterweg 5;12345;Musterstadt;Austria\n".encode(),
            required=[],
            optional=["name", *postal.COLUMNS],
        )
        assert table.problems == []
        (row,) = table.rows
        parts = [row[name] for name in ("street", "postcode", "town", "country")]
        assert parts == ["Musterweg 5", "12345", "Musterstadt", "Austria"]

    @pytest.mark.parametrize("stratum", ["Ort", "town", "TOWN"])
    def test_a_stratum_that_is_called_like_a_part_is_the_stratum(self, stratum):
        strata = [Balance(stratum, [Quota("village", 0, 5)])]
        text = f"name,street,{stratum}\nAnn,Musterweg 5,village\n"
        found = read_people(text.encode(), strata=strata, known=set(), language="de")
        assert found.problems == []
        assert found.people[0].values == {stratum: "village"}
        assert found.people[0].postal_address == "Musterweg 5"


def looked_at(text: str):
    """What a dry run says to a list of a German deliberation."""
    deliberation = make_deliberation()
    return review(panel=deliberation.panel, data=text.encode(), language="de")


@pytest.mark.django_db
class TestLists:
    def test_an_address_comes_with_its_contact(self, owner_client: Client):
        deliberation = make_deliberation(User.objects.get())
        text = "name;Straße;PLZ;Ort\nBob;Musterweg 5;12345;Musterstadt\n"
        answer = owner_client.post(f"{HOME}contacts/add/", {"text": text})
        page = owner_client.get(answer["Location"]).content.decode()
        assert "Musterweg 5, 12345 Musterstadt" in page
        owner_client.post(answer["Location"], {"delete_on": "2040-01-31"})
        contact = Contact.objects.get(panel=deliberation.panel)
        assert contact.postal_address == "Musterweg 5\n12345 Musterstadt"

    @pytest.mark.parametrize(
        ("cell", "column", "words"),
        [
            (f"{SIX} / g", "address", "too many lines. At most 6"),
            ("x" * 501, "address", "too long. At most 500 characters"),
            ("=1+1", "address", "looks like a formula"),
        ],
    )
    def test_an_address_that_does_not_hold_stops_the_list(self, cell, column, words):
        found = looked_at(f"name,address\nAnn,{SIX}\nBob,{cell}\n")
        assert not found.importable
        assert [(p.line, p.column) for p in found.problems] == [(3, column)]
        assert words in found.problems[0].message

    def test_someone_with_an_address_alone_can_be_on_the_list(self):
        found = looked_at("name,address\nAnn,\n,Musterweg 5\n")
        assert [p.postal_address for p in found.new] == ["", "Musterweg 5"]
        assert found.unreachable == 1

    def test_an_address_comes_into_the_pool_after_it_was_shown(self, owner_client: Client):
        deliberation = make_deliberation(User.objects.get())
        save_quotas(panel=deliberation.panel, seats=2, strata=[AGE, PLACE], actor=None)
        text = "name,address,Age group,Place\nAnn,Musterweg 5 / 12345 Musterstadt,16–39,town\n"
        answer = owner_client.post(f"{HOME}pool/list/", {"text": text})
        assert "Musterweg 5<br>12345 Musterstadt" in answer.content.decode()
        upload = deliberation.panel.list_uploads.get()
        sent = {"upload": upload.pk, "delete_on": "2040-01-31"}
        assert owner_client.post(f"{HOME}pool/list/", sent).status_code == 302
        assert Contact.objects.get(pool_member__number=1).postal_address == TOWN

    def test_an_address_that_does_not_hold_keeps_the_whole_pool_out(self, owner_client: Client):
        deliberation = make_deliberation(User.objects.get())
        save_quotas(panel=deliberation.panel, seats=2, strata=[AGE, PLACE], actor=None)
        text = f"name,address,Age group,Place\nAnn,{SIX} / g,16–39,town\nBob,x,16–39,town\n"
        answer = owner_client.post(f"{HOME}pool/list/", {"text": text})
        assert answer.status_code == 422
        assert "too many lines" in answer.content.decode()


@pytest.mark.django_db
class TestContactPage:
    def page(self) -> tuple[Contact, str]:
        (contact,) = listed(make_deliberation(), person(1, email="", postal_address=TOWN))
        return contact, f"{HOME}contacts/{contact.pk}/"

    def test_it_shows_and_changes_the_address(self, client: Client):
        contact, page = self.page()
        sign_in_as(client, "recruiter", contact.panel.deliberation)
        assert TOWN in client.get(page).content.decode()
        sent = {"name": "Ann", "language": "de", "postal_address": " Hof  1\r\n\r\n1234 Ort "}
        assert client.post(page, sent).status_code == 302
        contact.refresh_from_db()
        assert contact.postal_address == "Hof 1\n1234 Ort"
        entry = AuditEntry.objects.get(action="contact.edited")
        assert entry.detail["fields"] == ["language", "name", "postal_address"]
        assert "Hof" not in str(entry.detail)

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("\n".join("abcdefg"), "too many lines. At most 6"),
            ("y" * 501, "too long. At most 500"),
        ],
    )
    def test_what_does_not_hold_is_said_at_the_field_and_kept(self, client: Client, typed, words):
        contact, page = self.page()
        sign_in_as(client, "recruiter", contact.panel.deliberation)
        answer = client.post(page, {"language": "de", "postal_address": typed})
        assert answer.status_code == 422
        text = answer.content.decode()
        assert words in text
        assert 'aria-describedby="id_postal_address_helptext id_postal_address_error"' in text
        assert typed in text

    def test_someone_with_an_address_alone_is_named_by_it(self, client: Client):
        contact, page = self.page()
        Contact.objects.update(name="")
        sign_in_as(client, "recruiter", contact.panel.deliberation)
        for address in (page, f"{HOME}contacts/", f"{HOME}contacts/?q=musterweg"):
            assert "Musterweg 5, 12345 Musterstadt" in client.get(address).content.decode()

    @pytest.mark.parametrize("role", ["organiser", "moderator", "auditor"])
    def test_who_may_not_see_contacts_finds_no_address(self, client: Client, role):
        contact, page = self.page()
        sign_in_as(client, role, contact.panel.deliberation)
        for address in (page, f"{HOME}contacts/", f"{HOME}panel/", f"{HOME}pool/", HOME):
            assert "Musterweg" not in client.get(address).content.decode()


@pytest.mark.django_db
class TestStaying:
    def test_no_bundle_takes_an_address_along(self):
        deliberation = make_open()
        listed(deliberation, person(1, email="", postal_address=TOWN))
        close(deliberation)
        sent = bundle(deliberation, deliberation.rounds.get(), everything=True)
        with zipfile.ZipFile(io.BytesIO(sent)) as members:
            text = b"".join(members.read(name) for name in members.namelist())
        assert deliberation.title.encode() in text
        assert b"Musterweg" not in text

    def test_a_formula_in_a_part_of_the_address_is_refused(self):
        found = looked_at("name;Straße\nAnn;=HYPERLINK(1)\n")
        assert [(p.line, p.column) for p in found.problems] == [(2, "street")]


@pytest.mark.django_db
class TestDeleting:
    def test_the_address_goes_with_its_contact(self):
        one, two = listed(
            make_deliberation(), *(person(n, postal_address=f"Weg {n}") for n in (1, 2))
        )
        remove_contact(contact=one, actor=None)
        assert list(Contact.objects.values_list("postal_address", flat=True)) == ["Weg 2"]
        assert delete_contacts(panel=two.panel, actor=None) == 1
        assert not Contact.objects.exists()

    def test_the_fingerprint_of_a_pool_does_not_tell_it(self):
        deliberation = make_deliberation()
        save_quotas(panel=deliberation.panel, seats=2, strata=[AGE, PLACE], actor=None)
        pool = the_pool(deliberation.panel)
        text = "name,address,Age group,Place\nAnn,Musterweg 5,16–39,town\n"
        found = read_people(text.encode(), strata=[AGE, PLACE], known=set(), language="de")
        add_people(pool=pool, people=found.people, actor=None)
        assert "Musterweg" not in document(pool)
