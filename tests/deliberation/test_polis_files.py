"""Reading Polis exports: what is taken as it is, and how faults are named."""

from datetime import UTC, datetime

import pytest

from deliberation.interchange.polis import Ballot, read_export, read_ids
from deliberation.interchange.tables import BadFiles
from tests.deliberation.polis_files import COMMENTS, VOTES, with_cell, write, write_export


def problems(folder, **kwargs) -> list[str]:
    with pytest.raises(BadFiles) as raised:
        read_export(folder, **kwargs)
    return [str(problem) for problem in raised.value.problems]


def test_every_cell_that_is_not_blank_is_a_ballot(tmp_path):
    export = read_export(write_export(tmp_path))
    assert [b for b in export.ballots if b.participant == 12] == [
        Ballot(12, 0, 1),
        Ballot(12, 1, 1),
        Ballot(12, 2, 0),
        Ballot(12, 4, -1),
    ]
    assert len(export.ballots) == 8


def test_statement_text_is_trimmed_and_otherwise_untouched(tmp_path):
    export = read_export(write_export(tmp_path))
    assert export.comments[1].text == "It should,\nif asked, explain."


@pytest.mark.parametrize(("stamp", "micro"), [("1700000000", 0), ("1700000000250", 250_000)])
def test_seconds_and_milliseconds_are_told_apart(tmp_path, stamp, micro):
    export = read_export(
        write_export(tmp_path, comments=with_cell(COMMENTS, 2, "timestamp", stamp))
    )
    assert export.comments[0].created_at == datetime(2023, 11, 14, 22, 13, 20, micro, tzinfo=UTC)


def test_a_blank_group_is_no_group(tmp_path):
    assert read_export(write_export(tmp_path)).groups() == {12: 0, 2: 1}


def test_the_newer_name_of_the_matrix_is_found(tmp_path):
    export = read_export(write_export(tmp_path, votes_name="participant-votes.csv"))
    assert export.files == ("comments.csv", "participant-votes.csv")


def test_the_raw_pair_goes_before_the_cleaned_one_unless_asked(tmp_path):
    write_export(tmp_path)
    write(tmp_path, "clean_comments.csv", COMMENTS)
    write(tmp_path, "clean_votes.csv", VOTES)
    assert not read_export(tmp_path).cleaned
    assert read_export(tmp_path, clean=True).cleaned


def test_labels_in_file_order_are_given_to_people_in_order_of_number(tmp_path):
    votes = with_cell(VOTES, 4, "group-id", "1")
    export = read_export(write_export(tmp_path, votes=votes))
    assert export.groups() == {12: 0, 2: 1, 11: 1}
    assert export.groups_reattached() == {2: 0, 11: 1, 12: 1}


def test_a_statement_without_a_column_is_kept_without_votes(tmp_path):
    export = read_export(write_export(tmp_path, votes=[cells[:-1] for cells in VOTES]))
    assert export.without_column == [4]
    assert len(export.comments) == 5


def test_a_byte_order_mark_and_blank_lines_at_the_end_do_no_harm(tmp_path):
    path = write_export(tmp_path) / "comments.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"\r\n\r\n")
    assert len(read_export(tmp_path).comments) == 5


@pytest.mark.parametrize(
    ("row", "column", "value", "words"),
    [
        (2, "comment-id", "zero", "“zero” is not a whole number"),
        (3, "comment-id", "0", "0 is already in row 2"),
        (2, "comment-id", "", "is blank"),
        (5, "moderated", "2", "“2” is none of -1, 0 and 1"),
        (4, "comment-body", "   ", "is blank"),
        (4, "comment-body", "x" * 10_001, "has 10001 characters, 10000 are the most"),
        (2, "timestamp", "yesterday", "“yesterday” is not a whole number"),
        (6, "author-id", "-4", "“-4” is not a whole number"),
    ],
)
def test_a_bad_cell_in_the_comments_is_named(tmp_path, row, column, value, words):
    write_export(tmp_path, comments=with_cell(COMMENTS, row, column, value))
    assert problems(tmp_path)[0].startswith(f"comments.csv, row {row}, column {column}: {words}")


@pytest.mark.parametrize(
    ("row", "column", "value", "words"),
    [
        (3, "1", "2", "“2” is not a vote: 1, 0, -1 or blank"),
        (3, "1", "0.5", "“0.5” is not a vote"),
        (3, "1", "yes", "“yes” is not a vote"),
        (4, "participant", "12", "12 is already in row 2"),
        (2, "participant", "", "is blank"),
        (2, "group-id", "A", "“A” is not a whole number"),
        (3, "n-votes", "many", "“many” is not a whole number"),
        (1, "4", "7", "has votes, but no comment has this id"),
        (1, "4", "3", "is there twice"),
    ],
)
def test_a_bad_cell_in_the_matrix_is_named(tmp_path, row, column, value, words):
    write_export(tmp_path, votes=with_cell(VOTES, row, column, value))
    shown = value if row == 1 else column
    assert problems(tmp_path)[0].startswith(
        f"participants-votes.csv, row {row}, column {shown}: {words}"
    )


@pytest.mark.parametrize("column", ["comment-id", "moderated", "comment-body", "timestamp"])
def test_a_missing_column_is_named(tmp_path, column):
    write_export(tmp_path, comments=with_cell(COMMENTS, 1, column, "other"))
    assert problems(tmp_path) == [f"comments.csv, row 1, column {column}: is missing."]


def test_rows_of_uneven_width_are_named(tmp_path):
    ragged = [*VOTES[:2], VOTES[2][:-2], [*VOTES[3], "1"]]
    write_export(tmp_path, votes=ragged)
    assert problems(tmp_path) == [
        "participants-votes.csv, row 3, column 2 (the last one that fits): "
        "the row has 10 cells, the header has 12.",
        "participants-votes.csv, row 4, column 4 (the last one that fits): "
        "the row has 13 cells, the header has 12.",
    ]


def test_text_in_another_encoding_names_its_cell(tmp_path):
    path = write_export(tmp_path) / "comments.csv"
    path.write_bytes(
        path.read_bytes().replace(b"free of charge", "gratis für alle".encode("latin-1"))
    )
    assert problems(tmp_path) == [
        "comments.csv, row 4, column comment-body: is not UTF-8 text. Save the file as UTF-8."
    ]


def test_utf_16_is_recognised(tmp_path):
    path = write_export(tmp_path) / "comments.csv"
    path.write_text(path.read_text(), encoding="utf-16")
    assert "comments.csv: is UTF-16 text. Save it as UTF-8." in problems(tmp_path)


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_says_so(tmp_path, content):
    (write_export(tmp_path) / "participants-votes.csv").write_text(content)
    assert problems(tmp_path) == ["participants-votes.csv: is empty."]


def test_a_header_alone_lists_nobody(tmp_path):
    write_export(tmp_path, votes=VOTES[:1])
    assert problems(tmp_path) == ["participants-votes.csv: lists no participants."]


def test_a_quote_that_never_closes_is_no_csv(tmp_path):
    path = write_export(tmp_path) / "comments.csv"
    path.write_text(path.read_text() + '"half a cell', encoding="utf-8")
    assert problems(tmp_path)[0].startswith("comments.csv: is not a proper CSV file")


def test_a_folder_without_a_pair_says_what_was_looked_for(tmp_path):
    write(tmp_path, "comments.csv", COMMENTS)
    assert "comments.csv with participant-votes.csv" in problems(tmp_path)[0]


def test_a_missing_folder_says_so(tmp_path):
    assert problems(tmp_path / "nowhere")[0].endswith("nowhere: there is no such folder.")


def test_at_most_twenty_problems_are_shown_and_all_are_counted(tmp_path):
    bad = [
        VOTES[0],
        *[[str(n), "", "", "0", "1", "1", "0", "9", "", "", "", ""] for n in range(33)],
    ]
    write_export(tmp_path, votes=bad)
    with pytest.raises(BadFiles) as raised:
        read_export(tmp_path)
    assert (len(raised.value.problems), raised.value.total) == (20, 33)
    assert raised.value.in_words().endswith("… and 13 more.")


def test_problems_of_both_files_are_found_at_once(tmp_path):
    write_export(
        tmp_path,
        comments=with_cell(COMMENTS, 2, "moderated", "x"),
        votes=with_cell(VOTES, 2, "0", "x"),
    )
    assert {p.split(",")[0] for p in problems(tmp_path)} == {
        "comments.csv",
        "participants-votes.csv",
    }


def test_an_exclusion_list_is_one_number_a_line(tmp_path):
    (tmp_path / "ids.txt").write_bytes(b"\xef\xbb\xbf12\r\n\r\n 7\n")
    assert read_ids(tmp_path / "ids.txt") == {7, 12}


def test_a_word_in_an_exclusion_list_names_its_line(tmp_path):
    (tmp_path / "ids.txt").write_text("12\nbob\n")
    with pytest.raises(BadFiles, match=r"ids\.txt, row 2, column 1: “bob” is not a number"):
        read_ids(tmp_path / "ids.txt")
