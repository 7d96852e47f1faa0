from hypothesis import given
from hypothesis import strategies as st

from deliberation.texts import clean, fold


def test_clean_trims_and_collapses_white_space_and_control_characters():
    assert clean("  The AI\n\tshould\u0000 listen. ") == "The AI should listen."


def test_fold_ignores_case_width_space_and_closing_punctuation():
    assert fold("The AI  should LISTEN!") == fold("ｔｈｅ ai should listen")


def test_fold_keeps_negation_apart():
    assert fold("The AI should listen") != fold("The AI should not listen")


@given(st.text())
def test_clean_and_fold_are_idempotent(text: str):
    assert clean(clean(text)) == clean(text)
    assert fold(fold(text)) == fold(text)
