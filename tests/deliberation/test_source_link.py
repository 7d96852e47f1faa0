"""The licence asks operators to offer the source of what they run."""

import pytest

pytestmark = pytest.mark.django_db


def test_the_footer_offers_the_source_where_the_operator_says_it_is(client, settings):
    settings.SOURCE_URL = "https://git.example.org/folkmoot"
    assert 'href="https://git.example.org/folkmoot"' in client.get("/").content.decode()


def test_without_an_address_there_is_no_empty_link(client, settings):
    settings.SOURCE_URL = ""
    assert "Source code" not in client.get("/").content.decode()
