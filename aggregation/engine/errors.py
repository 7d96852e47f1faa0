"""Errors with a code and parameters, said in plain words.

A caller that translates messages reads ``code`` and ``params``; everyone else reads ``str(error)``.
Both survive pickling, because runs cross process borders.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MESSAGES: dict[str, str] = {
    # votes
    "lengths_differ": (
        "Participants, statements and values must be equally long, but there are "
        "{participants}, {statements} and {values}."
    ),
    "id_not_whole": "The {kind} ids must be whole numbers.",
    "id_repeated": "The {kind} id {id} is listed twice.",
    "id_unknown": "The {kind} id {id} at position {position} is not in the list of {kind} ids.",
    "ids_not_found": "There is no {kind} with id {id}.",
    "mask_length": "A mask over {kind}s must have {expected} entries, not {found}.",
    "value_out_of_range": (
        "The vote at position {position} is {value}. "
        "A vote is 1 (agree), -1 (disagree) or 0 (pass); unseen is left out."
    ),
    "duplicate_vote": "Participant {participant} has two votes on statement {statement}.",
    "contradictory_votes": (
        "Participant {participant} has two different votes on statement {statement}."
    ),
    "too_large": (
        "{participants} participants by {statements} statements is more than fits into memory."
    ),
    "group_unknown_participant": "A group is given for participant {id}, who is not in the votes.",
    "group_out_of_range": "Group {group} of participant {id} is not a number from 0 to 2147483647.",
    "matrix_malformed": "The vote matrix is malformed: {reason}.",
    # approvals
    # committees.greedy_monroe
    "weights_not_whole": (
        'The rule "{rule}" counts whole people: their weights must be whole numbers.'
    ),
    "probabilities_missing": (
        "Unseen statements are to count by the probability of being shown, "
        "but the votes carry no such probabilities."
    ),
    # reading
    "file_missing": "There is no file or folder {file}.",
    "file_unreadable": "{file} cannot be read: {reason}.",
    "folder_without_votes": "{folder} holds no votes that can be read. Looked for {names}.",
    "file_empty": "{file} is empty.",
    "file_utf16": "{file} is UTF-16 text. Save it as UTF-8.",
    "file_not_utf8": "{file}, row {row}: this is not UTF-8 text. Save the file as UTF-8.",
    "file_not_json": "{file} is not a JSON list that can be read: {reason}.",
    "file_quotes": (
        "{file}, row {row}: a quotation mark is not closed, or stands in the middle of a cell."
    ),
    "file_kind_unknown": (
        "{file} is neither a matrix of votes, which has a column participant and one for every "
        "statement, nor a list of votes, which has columns participant, statement and vote."
    ),
    "file_column_missing": "{file}, row 1: the column {column} is missing.",
    "file_column_twice": "{file}, row 1: the column {column} is there twice.",
    "file_no_statements": "{file}, row 1: no column has the number of a statement as its name.",
    "file_no_people": "{file} lists no participants.",
    "file_no_votes": "{file} lists no votes.",
    "file_row_width": "{file}, row {row}: the row has {found} cells, the header has {expected}.",
    "file_cell": "{file}, row {row}, column {column}: “{found}” is not {expected}.",
    "file_cell_blank": "{file}, row {row}, column {column}: the cell is blank.",
    "file_person_twice": "{file}, row {row}: participant {id} is already in row {first}.",
    "file_statement_twice": "{file}, row {row}: statement {id} is already in row {first}.",
    "file_statement_unknown": "{file} has votes on statement {id}, which {comments} does not list.",
    "file_votes_contradict": (
        "{file}: participant {participant} cast different votes on statement {statement}, "
        "and no time says which was the last."
    ),
    "nobody_counts": "The rules on who counts leave nobody.",
    "copy_malformed": "The votes from the database cannot be read: {reason}.",
    # pairs and rankings
    "pairs_malformed": "The comparisons are malformed: {reason}.",
    "kemeny_too_large": (
        "{statements} statements hang together by circles and ties of comparisons. "
        "Kemeny's ranking is computed exactly for up to {most}."
    ),
    "kemeny_not_proven": (
        "Kemeny's ranking of {statements} statements was not proven best "
        "within {nodes} steps of the search."
    ),
    "strengths_unbounded": (
        "{statements} of {total} statements were never put below one of the others, "
        "so their strength has no bound. A prior gives it one."
    ),
    "strengths_not_converged": "The strengths did not settle within {steps} steps.",
    # runs
    "no_votes": "There are no votes to aggregate.",
    "nobody_left": (
        "Nobody who counts cast the {min_votes} votes that the plan asks for. "
        "The most anyone cast is {most}."
    ),
    "seed_out_of_range": "The seed must be a whole number from 0 up, not {seed}.",
    "declared_groups_missing": (
        'The plan uses the declared groups "{source}", but the votes carry no such groups.'
    ),
    "characteristic_missing": (
        'The plan uses the answers to "{name}", but no answers to it came with the votes.'
    ),
    "too_few_points": (
        "The plan asks for {k} opinion groups, "
        "but the participants stand at only {points} different places."
    ),
    "space_not_converged": "The opinion space could not be computed: {reason}.",
    # weights
    "margin_without_people": (
        'Nobody in the panel answered "{value}" to "{name}", but the margins ask for some of them. '
        "Weights cannot stand in for people who did not come."
    ),
    "margins_do_not_add_up": 'The shares of "{name}" must add up to 1, not to {total}.',
    "bounds_malformed": "Bounds of weights must lie on both sides of 1; {low} and {high} do not.",
    # bridging
    "bridging_not_converged": "The bridging model did not settle in {steps} steps.",
    # resampling
    "resamples_do_not_fit": "These resamples cannot be put together: {reason}.",
    # statistics
    "gram_missing": "The products of statements were not computed.",
    "statistics_do_not_fit": "These statistics are of other statements or of another version.",
    # plans
    "plan_unknown": 'There is no plan called "{name}". There are: {known}.',
    "plan_not_toml": "The plan is not valid TOML: {reason}.",
    "unknown_key": '"{field}" is not a setting.{hint}',
    "missing_key": 'The setting "{field}" is missing.',
    "wrong_type": '"{field}" must be {expected}, not {found}.',
    "not_a_choice": '"{field}" must be one of {choices}, not {found}.{hint}',
    "out_of_range": '"{field}" must be {bounds}, not {found}.',
    "not_ascending": '"{field}" must rise from one entry to the next.',
    "rules_empty": '"{field}" must name at least one rule; the first one drafts.',
    "rules_repeated": '"{field}" names the same rule with the same settings twice.',
    "not_of_the_method": '"{field}" does not fit: it does nothing with the method "{method}".',
    "fewest_above_most": '"{field}" does not fit: k_min is {k_min} and k_max is {k_max}.',
    "whole_people_only": (
        '"{field}" does not fit: "{rule}" cannot count people by weights, which the plan asks for.'
    ),
    "margins_empty": '"{field}" must name at least one characteristic.',
}

# What a setting is to be, by the code that ``wrong_type`` carries.
EXPECTED: dict[str, str] = {
    "int": "a whole number",
    "float": "a number",
    "text": "a text",
    "flag": "true or false",
    "table": "a table of settings",
    "list": "a list",
}


class EngineError(Exception):
    """Something the engine refuses to do. ``code`` is a key of ``MESSAGES``."""

    def __init__(self, code: str, **params: Any) -> None:
        if code not in MESSAGES:
            raise KeyError(code)
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return MESSAGES[self.code].format(**self.params)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.code, self.params)


class PlanError(EngineError):
    """A plan that does not hold. ``field`` is the path of the setting, as in ``rules[0].above``.

    Other parameters are facts and not words, so that they can be said in any language:

    wrong_type    expected : a key of ``EXPECTED``. found : what stands there, as it was read.
    not_a_choice  choices : tuple of text. found. meant : the closest of them, or "".
    unknown_key   meant : the closest setting there is, or "".
    out_of_range  low, high : numbers, or None. open_ended : whether both are excluded. found.
    """

    @property
    def field(self) -> str:
        return str(self.params.get("field", ""))

    def __str__(self) -> str:
        return MESSAGES[self.code].format(**_phrases(self.code, self.params))


def _phrases(code: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a PlanError as its message needs them."""
    said = dict(params)
    if code == "wrong_type":
        said |= {"expected": EXPECTED[said["expected"]], "found": described(said["found"])}
    if code == "out_of_range":
        said["bounds"] = bounds(said["low"], said["high"], open_ended=said["open_ended"])
    if code == "not_a_choice":
        said["choices"] = ", ".join(f'"{choice}"' for choice in said["choices"])
        said["found"] = described(said["found"])
    if "meant" in said:
        said["hint"] = f' Did you mean "{said["meant"]}"?' if said["meant"] else ""
    return said


def bounds(low: float | None, high: float | None, *, open_ended: bool = False) -> str:
    """The allowed range in words. open_ended : both ends are excluded."""
    if low is not None and high is not None:
        return f"between {low:g} and {high:g}" + (", both excluded" if open_ended else "")
    if low is not None:
        return f"more than {low:g}" if open_ended else f"{low:g} or more"
    return f"less than {high:g}" if open_ended else f"{high:g} or less"


def described(found: Any) -> str:
    """A value as a person would name it."""
    if found is None:
        return "empty"
    if isinstance(found, bool):
        return "true or false"
    if isinstance(found, str):
        return f'the text "{found}"' if found.strip() else "an empty text"
    if isinstance(found, Mapping):
        return "a table"
    if isinstance(found, (list, tuple)):
        return "a list"
    return str(found)


def _rebuild(kind: type[EngineError], code: str, params: dict[str, Any]) -> EngineError:
    return kind(code, **params)
