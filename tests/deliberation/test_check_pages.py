"""What is pointed out before a statement is sent."""

from __future__ import annotations

import html as html_module
import re

import pytest

from deliberation.models import Deliberation, Statement
from tests.deliberation.browsing import sit
from tests.deliberation.writing import send_statement
from tests.factories import accepted

pytestmark = pytest.mark.django_db


class TestCheck:
    """What is noticed is pointed out once; whoever wrote it decides."""

    @pytest.mark.parametrize(
        ("text", "marked", "words"),
        [
            (
                "Ask alice@example.org before it answers me.",
                "<mark>alice@example.org</mark>",
                "This looks like an e-mail address.",
            ),
            (
                "It should call +49 170 1234567 in an emergency.",
                "<mark>+49 170 1234567</mark>",
                "This looks like a telephone number.",
            ),
            ("Who decides what is harmful?", "", "This looks like a question."),
            (
                "It should be polite and it must never store what I say.",
                "",
                "This may be more than one idea.",
            ),
            (
                "The assistant should admit when it does not know something.",
                "",
                "Does someone say the same already?",
            ),
        ],
    )
    def test_what_is_noticed_comes_back_before_anything_is_stored(
        self, deliberation: Deliberation, text: str, marked: str, words: str
    ):
        client, participant = sit(deliberation)
        answer = send_statement(client, deliberation, text)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "Please check once more" in page
        assert marked in page
        assert words in page
        assert not Statement.objects.filter(author=participant).exists()
        sent = html_module.unescape(re.search(r'name="text" value="([^"]*)"', page)[1])
        assert sent == text
        changing = send_statement(client, deliberation, sent, change="yes").content.decode()
        assert f">{text}</textarea>" in changing
        assert not Statement.objects.filter(author=participant).exists()
        assert send_statement(client, deliberation, sent, confirmed="yes").status_code == 303
        assert Statement.objects.get(author=participant).text == text

    def test_the_opposite_of_a_statement_is_not_taken_for_the_same(
        self, deliberation: Deliberation
    ):
        client, participant = sit(deliberation)
        text = "The assistant should not ask before it acts for me."
        assert send_statement(client, deliberation, text).status_code == 303
        assert Statement.objects.get(author=participant).text == text

    def test_confirming_does_not_send_a_duplicate(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        answer = send_statement(
            client, deliberation, accepted(deliberation)[0].text, confirmed="yes"
        )
        assert answer.status_code == 422
        assert not Statement.objects.filter(author=participant).exists()

    def test_markup_in_what_is_marked_is_shown_as_text(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        page = send_statement(client, deliberation, "<i>Ask</i> alice@example.org first.").content
        assert b"&lt;i&gt;Ask" in page
