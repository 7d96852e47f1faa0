"""A consent text to start from. The organiser adapts what stands in square brackets."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

# Markdown, as people write it. The five things that people must know before they agree: what is
# asked, how long it takes, what happens with it, who pays, and how to leave again.
_PARAGRAPHS = (
    _(
        "**What this is.** [Who asks, e.g. the town library] asks a panel of people how an AI "
        "assistant should behave. You vote on short statements, one at a time, and you can add "
        "your own."
    ),
    _(
        "**How long it takes.** About ten minutes. You may stop at any time, skip any statement "
        "and come back later. Nothing happens to you if you stop."
    ),
    _(
        "**What is stored.** Your votes and your statements, under a number. Your name and your "
        "address are not stored with them. What you may say about yourself is kept apart from "
        "your votes and deleted by [date]."
    ),
    _(
        "**What is published.** The statements, how many people agreed, disagreed or passed, and "
        "the votes under the number. Please write nothing that tells others who you are."
    ),
    _(
        "**What it is for.** What the panel agrees on becomes a written constitution: a list of "
        "principles for [which assistant, and who will use the constitution]."
    ),
    _(
        "**Who pays.** [Who pays for this panel.] You get [nothing, or how much] for taking part, "
        "however you vote."
    ),
    _(
        "**If you change your mind.** While voting is open you can change any vote or take it "
        "back, and you can leave: on the page “Your part” one button takes all your votes back. "
        "After voting has closed the votes stay, under the number."
    ),
    _("**Who answers for it.** [Name and e-mail address of the person people can write to.]"),
)
CONSENT_TEMPLATE = format_lazy("\n\n".join(["{}"] * len(_PARAGRAPHS)), *_PARAGRAPHS)
