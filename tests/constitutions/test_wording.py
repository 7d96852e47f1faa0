"""First wordings keep the meaning, read well where a rule fits, and quote everything else."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from constitutions.english import ADJECTIVES, VERBS, third_person
from constitutions.wording import (
    RULES,
    STEM,
    critique_request,
    revision_request,
    suggest,
)

WORDED = [
    # a quality
    ("The AI should be helpful", "is most helpful", "quality"),
    ("AI must be patient.", "is most patient", "quality"),
    ("It ought to be fair and impartial!", "is most fair and impartial", "quality"),
    ("The assistant should always be calm", "is always calm", "quality"),
    ("The AI should be very careful with money", "is very careful with money", "quality"),
    ("The AI should be as brief as possible", "is as brief as possible", "quality"),
    ("AI needs to be more concise", "is more concise", "quality"),
    ("The AI should Be fun", "is most fun", "quality"),
    ("The AI should not be rude", "is least rude", "negated-quality"),
    ("The AI shouldn’t be too bossy", "is not too bossy", "negated-quality"),
    ("The AI must never be cruel", "is never cruel", "negated-quality"),
    ("The AI should not be always cheerful", "is not always cheerful", "negated-quality"),
    # being something
    ("An AI should be a good listener", "comes closest to being a good listener", "being"),
    ("An AI should not be a salesman", "is not a salesman", "negated-being"),
    # doing something
    ("The AI should explain its steps.", "explains its steps", "action"),
    ("The AI has to say when it guesses", "says when it guesses", "action"),
    ("The AI should always reply in my language", "always replies in my language", "action"),
    ("AI systems must watch for bad faith", "watches for bad faith", "action"),
    ("They should have clear limits", "has clear limits", "action"),
    ("it should politely decline", "politely declines", "action"),
    ("The AI should only state what it can show", "only states what it can show", "action"),
    # several verbs share one modal: nothing is inflected
    ("AI should ask back and wait", "does the most to ask back and wait", "action-list"),
    ("AI should be kind and tell the truth", "does the most to be kind and tell the truth",
     "action-list"),
    ("AI should help people, not firms", "does the most to help people, not firms", "action-list"),
    # not doing something
    ("The AI should not say racist things", "does not say racist things", "negated-action"),
    ("AI mustn't pry or gossip", "does not pry or gossip", "negated-action"),
    ("The AI cannot give away secrets", "does not give away secrets", "negated-action"),
    ("The AI may not judge me", "does not judge me", "negated-action"),
    ("It ought not use tricks", "does not use tricks", "negated-action"),
    ("AI must never lie", "never lies", "never-action"),
    ("AI must never lie or cheat", "does not ever lie or cheat", "negated-action"),
    # wishes and opinions
    ("I want the AI to listen", "listens", "action"),
    ("I'd like it to be frank", "is most frank", "quality"),
    ("I don't want the AI to flatter me", "does not flatter me", "negated-action"),
    ("We want the AI not to preach", "does not preach", "negated-action"),
    ("I want it to never preach", "never preaches", "never-action"),
    ("I think that the AI should listen", "listens", "action"),
    ("In my opinion, the AI should not preach", "does not preach", "negated-action"),
    ("Should not preach", "does not preach", "negated-action"),
    # conditions stay in front
    ("If it is unsure, the AI should say so", ", if it is unsure, says so", "action"),
    ("Unless asked for it, the AI should not give advice",
     ", unless asked for it, does not give advice", "negated-action"),
    ("With children it should use short words", ", with children, uses short words", "action"),
    # odd typing
    ("THE AI SHOULD NEVER LIE!!!", "never lies", "never-action"),
    ("  The   AI\nshould explain\tits steps …", "explains its steps", "action"),
    ("“The AI should listen.”", "listens", "action"),
    ('The AI should not act like a "friend"', 'does not act like a "friend"', "negated-action"),
    ("Choose the response that listens best.", "listens best", "already-worded"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "ending", "rule"), WORDED)
def test_a_rule_makes_a_readable_principle(statement: str, ending: str, rule: str) -> None:
    wording = suggest(statement)
    gap = "" if ending.startswith(",") else " "
    assert (wording.text, wording.rule) == (f"{STEM}{gap}{ending}.", rule)


QUOTED = [
    "Why should the AI lie?",
    "Should the AI be kind?",
    "The AI should lie? Never!",
    "Keep it short. Nobody reads three pages.",
    "The AI should be kind. It must not lie.",
    "The AI should not preach and should listen",
    "The AI should not preach but listen",
    "The AI should not only be kind",
    "The AI should not have to answer everything",
    "The AI does not need to answer everything",
    "The AI can swear",
    "The AI may keep a diary",
    "I don't think the AI should swear",
    "I do not want the AI to not answer",
    "No AI should decide about people",
    "Nobody should fear the AI",
    "It should be easy to switch it off",
    "It should be illegal for an AI to vote",
    "The AI should be banned from schools",
    "The AI should be used as a tool",
    "The AI must not, under any circumstances, lie",
    "The AI should never not answer",
    "Parents should decide what children see",
    "The AI should accessible to all",
    "be nice",
    "Kindness",
    "🤖",
    "Die KI soll höflich sein",
    "L'IA doit être polie",
    "ИИ не должен лгать",
    "人工知能は嘘をつくべきではない",
]


@pytest.mark.parametrize("statement", QUOTED)
def test_what_no_rule_fits_is_quoted_whole(statement: str) -> None:
    wording = suggest(statement)
    assert wording.rule == "quoted"
    assert statement.rstrip(".") in wording.text


def test_rules_for_english_are_not_used_on_other_languages() -> None:
    assert suggest("The AI should be kind", language="de").rule == "quoted"
    assert suggest("The AI should be kind", language="en-GB").rule == "quality"


def test_quotation_marks_inside_do_not_end_the_quotation() -> None:
    assert suggest("Say “no” to spies").text.endswith("principle: “Say ‘no’ to spies”.")


def test_nothing_typed_still_gives_a_sentence() -> None:
    assert suggest(" . ").text == f"{STEM} best fits this principle: “…”."


def denials(text: str) -> int:
    return len(re.findall(r"\b(?:not|never|cannot|least)\b|n['’]t\b", text.lower()))


SUBJECTS = st.sampled_from(["The AI", "AI", "It", "An AI assistant", "They", "the chatbot"])
DEMANDS = ["should", "must", "ought to", "has to", "needs to"]
REFUSALS = [
    "should not", "must not", "shouldn't", "mustn’t", "cannot", "can't", "may not",
    "should never", "must never", "ought not to", "will not", "could never",
]  # fmt: skip
PHRASES = st.one_of(
    st.sampled_from(sorted(VERBS - {"be"})),
    st.builds("{} {}".format, st.sampled_from(sorted(VERBS)), st.sampled_from(["us", "facts"])),
    st.builds("be {}".format, st.sampled_from(sorted(ADJECTIVES))),
    st.builds("be a {} guide".format, st.sampled_from(sorted(ADJECTIVES))),
    st.builds("{} and {}".format, *[st.sampled_from(sorted(VERBS))] * 2),
    st.builds("always {} or be {}".format, st.sampled_from(sorted(VERBS)),
              st.sampled_from(sorted(ADJECTIVES))),
)  # fmt: skip
LEADS = st.sampled_from(["", "I think ", "If asked, ", "When in doubt, ", "Personally, "])


@given(LEADS, SUBJECTS, st.sampled_from(DEMANDS), PHRASES)
def test_a_demand_never_becomes_a_refusal(lead: str, subject: str, modal: str, phrase: str) -> None:
    wording = suggest(f"{lead}{subject} {modal} {phrase}")
    assert wording.rule == "quoted" or denials(wording.text) == 0


@given(LEADS, SUBJECTS, st.sampled_from(REFUSALS), PHRASES)
def test_a_refusal_never_becomes_a_demand(lead: str, subject: str, modal: str, phrase: str) -> None:
    wording = suggest(f"{lead}{subject} {modal} {phrase}")
    if wording.rule == "quoted":
        assert modal in wording.text
    else:
        assert denials(wording.text) == 1


@given(st.one_of(st.text(max_size=80), st.builds("The AI should {}".format, st.text(max_size=60))))
@example("The AI should be ")
@example("should not")
@example("The AI should not be")
@example("\u0000")
def test_any_text_gives_one_sentence_with_a_known_rule(statement: str) -> None:
    wording = suggest(statement)
    assert wording.text.startswith(STEM)
    assert wording.text.endswith(".")
    assert wording.rule in RULES
    assert "\n" not in wording.text
    assert wording == suggest(statement)


@given(st.text(alphabet="abc nevrotlsiu'", max_size=60).map("The AI should {}".format))
def test_the_number_of_denials_stays_whatever_follows(statement: str) -> None:
    assert denials(suggest(statement).text) == denials(statement)


@pytest.mark.parametrize(
    ("verb", "inflected"),
    [("rely", "relies"), ("say", "says"), ("teach", "teaches"), ("go", "goes"), ("have", "has"),
     ("pass", "passes"), ("make", "makes"), ("be", "is"), ("obey", "obeys"), ("fix", "fixes")],
)  # fmt: skip
def test_verbs_are_inflected_as_english_does(verb: str, inflected: str) -> None:
    assert third_person(verb) == inflected


def test_critique_and_revision_carry_the_principle_word_for_word() -> None:
    principle = "Choose the response that does not preach."
    assert principle in critique_request(principle).split("\n")
    assert principle in revision_request(principle).split("\n")
    assert critique_request(principle) != revision_request(principle)
