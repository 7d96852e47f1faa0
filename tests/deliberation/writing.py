"""What tests of writing a statement share: addresses, links by their words, and sending."""

from __future__ import annotations

import html as html_module
import re

from django.test import Client
from django.urls import reverse

from deliberation.models import Deliberation


def address(name: str, deliberation: Deliberation, *args: object) -> str:
    return reverse(name, args=[deliberation.slug, *args])


def address_of_links(page: str, words: str) -> list[str]:
    """Where the links with these words lead."""
    links = re.findall(r'<a [^>]*href="([^"]*)"[^>]*>([^<]*)', page)
    return [html_module.unescape(href) for href, text in links if text.strip() == words]


def send_statement(client: Client, deliberation: Deliberation, text: str, **more: str):
    return client.post(address("propose", deliberation), {"text": text} | more)
