"""Whoever reads can choose the language, on every page, without JavaScript."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from http.cookies import Morsel

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from deliberation import figures
from deliberation.templatetags.languages import isolated
from deliberation.templatetags.look import grouped
from tests.factories import make_open, make_user

pytestmark = pytest.mark.django_db

CODES = [code for code, _ in settings.LANGUAGES]


def choose(client: Client, language: str, **more: str):
    return client.post(reverse("choose_language"), {"language": language, **more})


def cookie_of(response) -> Morsel:
    return response.cookies[settings.LANGUAGE_COOKIE_NAME]


def html_tag(client: Client, address: str = "/", **headers: str) -> str:
    return re.search(r"<html[^>]*>", client.get(address, headers=headers).content.decode())[0]


class TestMenu:
    def test_it_names_every_language_in_its_own_words_and_marks_the_current_one(self):
        html = Client().get("/").content.decode()
        for code, name in settings.LANGUAGES:
            button = rf'<button[^>]*value="{code}" lang="{code}"[^>]*>{name}</button>'
            assert re.search(button, html), name
        assert re.findall(r'value="(\w+)"[^>]*aria-current="true"', html) == ["en"]

    @pytest.mark.parametrize("address", ["/", "/help/", "/d/assistant/", "/nowhere/", "/sign-in/"])
    def test_it_is_on_every_page_and_on_error_pages(self, address):
        make_open()
        assert f'action="{reverse("choose_language")}"' in Client().get(address).content.decode()

    def test_organisers_have_it_too(self):
        client = Client()
        client.force_login(make_user())
        assert reverse("choose_language") in client.get(reverse("organise")).content.decode()

    def test_it_leads_back_to_the_same_page_with_its_query(self):
        make_open()
        html = Client().get("/d/assistant/statements/?page=1&x=%C3%A4").content.decode()
        assert 'name="next" value="/d/assistant/statements/?page=1&amp;x=%C3%A4"' in html

    def test_after_a_form_that_did_not_hold_it_leads_to_the_page_with_the_form(self):
        answer = Client().post(
            "/nowhere/", headers={"Referer": "http://testserver/help/?a=b", "Host": "testserver"}
        )
        assert 'name="next" value="http://testserver/help/?a=b"' in answer.content.decode()

    def test_reading_a_page_sets_no_cookie(self):
        assert not Client().get("/").cookies


class TestChoice:
    @pytest.mark.parametrize("language", CODES)
    def test_every_language_can_be_chosen_and_stays(self, language):
        client = Client()
        answer = choose(client, language, next="/help/?a=b")
        assert (answer.status_code, answer["Location"]) == (302, "/help/?a=b")
        direction = "rtl" if language == "ar" else "ltr"
        assert html_tag(client, "/help/") == f'<html lang="{language}" dir="{direction}">'

    def test_the_browser_decides_until_someone_chooses(self):
        client = Client()
        wish = {"Accept-Language": "fr-CH, de;q=0.5"}
        assert 'lang="fr"' in html_tag(client, **wish)
        choose(client, "es")
        assert 'lang="es"' in html_tag(client, **wish)

    def test_a_language_we_do_not_have_falls_back_to_english(self):
        assert 'lang="en"' in html_tag(Client(), **{"Accept-Language": "tlh"})
        client = Client()
        assert not choose(client, "tlh").cookies

    def test_the_cookie_is_as_careful_as_the_others(self, settings):
        settings.LANGUAGE_COOKIE_SECURE = True
        cookie = cookie_of(choose(Client(), "de"))
        assert (cookie["samesite"], cookie["secure"], cookie["httponly"]) == ("Lax", True, True)
        assert cookie["max-age"] == 365 * 24 * 3600

    @pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "\\\\evil"])
    def test_it_never_leads_to_another_site(self, elsewhere):
        assert choose(Client(), "de", next=elsewhere)["Location"] == "/"

    def test_another_site_cannot_choose_for_somebody(self):
        headers = {"Sec-Fetch-Site": "cross-site"}
        answer = Client().post(reverse("choose_language"), {"language": "ar"}, headers=headers)
        assert answer.status_code == 403
        assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies

    def test_a_link_cannot_choose(self):
        assert Client().get(reverse("choose_language"), {"language": "ar"}).status_code == 405

    @pytest.mark.parametrize("address", ["/", "/nowhere/"])
    def test_caches_are_told_that_cookie_and_browser_decide(self, address):
        vary = Client().get(address)["Vary"]
        assert "Accept-Language" in vary
        assert "Cookie" in vary


class TestFigures:
    WHEN = datetime(2025, 3, 1, 14, 5, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("language", "moment", "number", "many"),
        [
            ("en", "1 March 2025, 14:05 UTC", "0.125", "34,563"),
            ("de", "1. März 2025, 14:05 UTC", "0,125", "34.563"),
            ("fr", "1 mars 2025 à 14:05 UTC", "0,125", "34\u202f563"),
            ("es", "1 de marzo de 2025, 14:05 UTC", "0,125", "34\xa0563"),
            ("ar", "1 مارس 2025، 14:05 UTC", "0.125", "34,563"),
        ],
    )
    def test_each_language_writes_its_own_way(self, language, moment, number, many):
        with translation.override(language):
            assert figures.moment(self.WHEN) == moment
            assert figures.decimal(0.125) == number
            assert grouped(34563) == many

    def test_a_fixed_number_is_rounded_not_cut(self):
        assert figures.fixed(0.9996, 3) == "1.000"
        assert figures.fixed(None, 3) == "–"

    def test_a_minus_sign_stays_in_front_where_one_reads_from_the_right(self):
        with translation.override("ar"):
            assert figures.fixed(-0.5, 2) == "\u200e-0.50"
        assert figures.fixed(-0.5, 2) == "-0.50"

    def test_texts_by_people_are_kept_apart_only_where_the_direction_changes(self):
        assert isolated("Be kind.") == "Be kind."
        assert isolated("كن لطيفا.") == "\u2068كن لطيفا.\u2069"
        with translation.override("ar"):
            assert isolated("Be kind.") == "\u2068Be kind.\u2069"
