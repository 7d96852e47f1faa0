"""A consent text to start from. The organiser adapts what stands in square brackets."""

from django.utils.translation import gettext_lazy as _

# Markdown, as people write it.
CONSENT_TEMPLATE = _(
    """**What this is.** [Who asks, e.g. the town library] asks a panel of people how an AI \
assistant should behave. You vote on short statements, one at a time, and you can add your own.

**What it asks of you.** About ten minutes. You may stop at any time, skip any statement and \
come back later. Nothing happens to you if you stop.

**What is stored.** Your votes and your statements, under a number. Your name and your address \
are not stored with them.

**What is published.** The statements, how many people agreed, disagreed or passed, and the votes \
under the number. Please write nothing that tells others who you are.

**What it is for.** What the panel agrees on becomes a written constitution: a list of principles \
for [which assistant, and who will use the constitution].

**If you change your mind.** While voting is open you can change any vote or take it back.

**Who answers for it.** [Name and e-mail address of the person people can write to.]"""
)
