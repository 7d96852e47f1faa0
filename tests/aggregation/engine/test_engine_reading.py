"""Votes from files, against slow readers that share no code with ours."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import EngineError, VoteMatrix
from aggregation.engine.copied import copied_votes
from aggregation.engine.reading import GROUPS, GROUPS_REATTACHED, read, read_ids

reference = pytest.mark.reference_data
Cells = dict[tuple[int, int], int]


def cells(matrix: VoteMatrix) -> Cells:
    people = matrix.participant_ids[matrix.rows].tolist()
    statements = matrix.statement_ids[matrix.indices].tolist()
    return dict(zip(zip(people, statements, strict=True), matrix.values.tolist(), strict=True))


def slow_matrix(text: str) -> Cells:
    """The votes of a matrix by the csv module."""
    header, *rows = [row for row in csv.reader(StringIO(text, newline=""), strict=True) if row]
    names = [name.strip() for name in header]
    who = names.index("participant")
    return {
        (int(row[who]), int(name)): int(float(row[at]))
        for row in rows
        for at, name in enumerate(names)
        if name.isdigit() and row[at].strip()
    }


def slow_list(path: Path) -> Cells:
    """The last vote of every pair by the csv module."""
    votes: dict[tuple[int, int], tuple[int, int]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            pair = int(row["voter-id"]), int(row["comment-id"])
            vote = int(row["timestamp"]), int(row["vote"])
            votes[pair] = max(votes.get(pair, vote), vote, key=lambda one: one[0])
    return {pair: value for pair, (_, value) in votes.items()}


def written(folder: Path, content: str | bytes, name: str = "participants-votes.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@reference
def test_the_raw_panel_comes_down_to_the_published_numbers(reference_data: Path) -> None:
    everything = read(reference_data / "ccai")
    assert everything.files == ("participants-votes.csv", "comments.csv")
    assert repr(everything.matrix) == "VoteMatrix(1126 x 1418, 38252 votes)"
    listed = read_ids(reference_data / "ccai" / "ids-to-toss.csv")
    matrix = everything.counting(min_votes=26, left_out=listed)
    assert repr(matrix) == "VoteMatrix(1002 x 275, 34563 votes)"
    assert matrix.counts().sum(axis=0).tolist() == [27271, 4550, 2742]


@reference
def test_the_cleaned_panel_has_the_votes_of_the_raw_one(reference_data: Path) -> None:
    raw = read(reference_data / "ccai")
    listed = read_ids(reference_data / "ccai" / "ids-to-toss.csv")
    cleaned = read(reference_data / "ccai", clean=True)
    assert cleaned.files == ("clean_votes.csv", "clean_comments.csv")
    assert cells(cleaned.counting()) == cells(raw.counting(min_votes=26, left_out=listed))
    assert cleaned.matrix.declared_groups is not None


@reference
def test_groups_are_attached_anew_by_id_and_not_by_place(reference_data: Path) -> None:
    published = read(reference_data / "ccai", clean=True)
    corrected = published.with_groups(GROUPS_REATTACHED)
    with (reference_data / "ccai" / "clean_votes.csv").open(newline="") as file:
        rows = [(int(row["participant"]), int(row["group-id"])) for row in csv.DictReader(file)]
    assert corrected.matrix.declared_groups is not None
    assert published.matrix.declared_groups is not None
    assert published.matrix.declared_groups.tolist() == [group for _, group in sorted(rows)]
    assert corrected.matrix.declared_groups.tolist() == [group for _, group in rows]
    assert published.with_groups(GROUPS).matrix.digest == published.matrix.digest
    assert published.with_groups("age").matrix.declared_groups is None
    assert np.sum(published.matrix.declared_groups != corrected.matrix.declared_groups) == 492


@reference
def test_every_open_matrix_has_the_votes_that_the_csv_module_finds(reference_data: Path) -> None:
    folders = sorted((reference_data / "polis").iterdir())
    assert len(folders) == 5
    for folder in folders:
        text = (folder / "participants-votes.csv").read_text(encoding="utf-8")
        assert cells(read(folder).matrix) == slow_matrix(text), folder.name


@reference
def test_the_last_votes_of_every_open_list_are_its_matrix(reference_data: Path) -> None:
    lists = sorted((reference_data / "polis").glob("*/votes.csv"))
    assert len(lists) == 4
    for path in lists:
        votes = cells(read(path).matrix)
        assert votes == slow_list(path), path
        assert votes == cells(read(path.parent).matrix), path


@reference
def test_votes_of_the_interface_and_of_the_database_read_alike(
    reference_data: Path, tmp_path: Path
) -> None:
    """Polis's database has agree -1. The account of the comments file tells which one it is."""
    folder = reference_data / "polis-math" / "above-100-ptpts"
    raw = json.loads((folder / "votes.json").read_text(encoding="utf-8"))
    found = read(folder)
    assert cells(found.matrix) == {(v["participant_id"], v["statement_id"]): v["vote"] for v in raw}
    turned = [vote | {"vote": -vote["vote"]} for vote in raw]
    written(tmp_path, json.dumps(turned), "votes.json")
    written(tmp_path, (folder / "comments.json").read_bytes(), "comments.json")
    assert cells(read(tmp_path).matrix) == cells(found.matrix)


MATRIX = """participant,xid,group-id,n-comments,n-votes,n-agree,n-disagree,10,7,8
5,"Bob, ""the"" voter",1,0,9,1,0,1,-1,
3,,,0,2,1,0,,0,1.0
12,alice,0,0,0,0,0,,,
"""


def test_a_small_matrix(tmp_path: Path) -> None:
    found = read(written(tmp_path, MATRIX))
    assert cells(found.matrix) == {(5, 10): 1, (5, 7): -1, (3, 7): 0, (3, 8): 1}
    assert found.matrix.participant_ids.tolist() == [3, 5, 12]
    assert found.matrix.statement_ids.tolist() == [7, 8, 10]
    assert found.matrix.declared_groups is not None
    assert found.matrix.declared_groups.tolist() == [-1, 1, 0]
    assert found.stated_votes is not None
    assert found.stated_votes.tolist() == [2, 9, 0]
    assert found.counting(min_votes=2, left_out={5, 99}).participant_ids.tolist() == [3]


def test_how_a_file_was_saved_changes_nothing(tmp_path: Path) -> None:
    digest = read(written(tmp_path, MATRIX)).matrix.digest
    for variant in (
        b"\xef\xbb\xbf" + MATRIX.encode(),
        MATRIX.replace("\n", "\r\n"),
        MATRIX.replace("\n", "\r"),
        MATRIX.rstrip("\n"),
        MATRIX.replace("\n3", "\n\n\n3") + "\n\n",
        MATRIX.replace(",0,1.0", ', 0 ,"1"'),
        MATRIX.replace(",-1,", ",-1.0,").replace("\n12,", "\n12.0,"),
        MATRIX.replace("alice", "álice"),
    ):
        assert read(written(tmp_path, variant)).matrix.digest == digest, variant


def test_rows_and_columns_may_come_in_any_order(tmp_path: Path) -> None:
    header, *rows = [row.split(",") for row in MATRIX.replace(', ""the"" ', " ").splitlines()]
    order = [9, 0, 8, 2, 7, 4]
    mixed = [",".join(row[at] for at in order) for row in (header, *reversed(rows))]
    assert (
        read(written(tmp_path, "\n".join(mixed))).matrix.digest
        == read(written(tmp_path, MATRIX)).matrix.digest
    )


COMMENTS = "comment-id,moderated,comment-body\n7,1,One\n8,-1,Two\n9,1,Nobody saw it\n10,0,Three\n"


@pytest.mark.parametrize(
    ("moderation", "kept"), [("strict", [7, 9]), ("open", [7, 9, 10]), ("all", [7, 8, 9, 10])]
)
def test_statements_count_by_their_moderation(
    tmp_path: Path, moderation: str, kept: list[int]
) -> None:
    written(tmp_path, COMMENTS, "comments.csv")
    written(tmp_path, MATRIX)
    found = read(tmp_path)
    assert found.texts == ("One", "Two", "Nobody saw it", "Three")
    assert found.counting(moderation=moderation).statement_ids.tolist() == kept


def test_a_plain_list_of_votes(tmp_path: Path) -> None:
    path = written(tmp_path, "participant,statement,vote\n2,1,1\n1,1,-1\n1,4,0\n", "votes.csv")
    assert cells(read(path).matrix) == {(2, 1): 1, (1, 1): -1, (1, 4): 0}


LIST = """timestamp,datetime,comment-id,voter-id,vote
1400000000500,Wed Jun 18 2014,3,1,1
1400000000700,Wed Jun 18 2014,3,1,-1
1400000000600,Wed Jun 18 2014,3,1,0
1400000000600,Wed Jun 18 2014,4,2,1
1400000000600,Wed Jun 18 2014,4,2,1
"""


def test_the_last_vote_by_its_time_counts_wherever_it_stands(tmp_path: Path) -> None:
    header, *rows = LIST.splitlines()
    for lines in (rows, rows[::-1], rows[2:] + rows[:2]):
        found = read(written(tmp_path, "\n".join([header, *lines]), "votes.csv"))
        assert cells(found.matrix) == {(1, 3): -1, (2, 4): 1}


def test_numbers_that_do_not_fit_beside_their_place_are_sorted_all_the_same(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(1)
    people = rng.choice(10**17, 3_000, replace=False)
    votes = [(int(who), int(who) % 2_999 * 10**14, int(who) % 3 - 1) for who in people]
    lines = [f"{who},{what},{vote}" for who, what, vote in votes]
    path = written(tmp_path, "participant,statement,vote\n" + "\n".join(lines), "votes.csv")
    assert cells(read(path).matrix) == {(who, what): vote for who, what, vote in votes}


def copied(*votes: tuple[int, int, int]) -> bytes:
    """Rows as PostgreSQL's COPY writes them."""
    rows = b"".join(
        (3).to_bytes(2) + b"".join(
            size.to_bytes(4) + number.to_bytes(size, signed=True)
            for size, number in zip((8, 8, 2), vote, strict=True)
        )
        for vote in votes
    )  # fmt: skip
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows + b"\xff\xff"


def test_rows_of_a_binary_copy() -> None:
    votes = [(7, 2**40, 1), (2**60, 1, -1), (0, 0, 0)]
    assert [part.tolist() for part in copied_votes(copied(*votes))] == [
        list(part) for part in zip(*votes, strict=True)
    ]
    assert [len(part) for part in copied_votes(copied())] == [0, 0, 0]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"participant,1\n",
        copied((1, 1, 1))[:-2],
        copied((1, 1, 1))[:-5] + b"\xff\xff",
        copied((1, 1, 7)),
        copied((1, 1, 1)).replace((3).to_bytes(2) + (8).to_bytes(4), (3).to_bytes(2) + b"\xff" * 4),
    ],
)
def test_a_broken_copy_is_refused(raw: bytes) -> None:
    with pytest.raises(EngineError) as caught:
        copied_votes(raw)
    assert caught.value.code == "copy_malformed"


HEAD = "participant,group-id,n-votes,1,2\n"


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ("", "file_empty", "participants-votes.csv is empty."),
        (" \n\n", "file_empty", "is empty"),
        (HEAD.encode("utf-16"), "file_utf16", "Save it as UTF-8"),
        (HEAD.encode() + b"1,,0,1,\n\xe9,,0,1,", "file_not_utf8", "row 3"),
        ("a,b\n1,2\n", "file_kind_unknown", "column participant"),
        ("participant,group-id\n1,2\n", "file_no_statements", "row 1"),
        (HEAD, "file_no_people", "lists no participants"),
        ("participant,1,1\n1,1,1\n", "file_column_twice", "column 1 "),
        ("participant,1,01\n1,1,1\n", "file_column_twice", "column 1 "),
        (HEAD + "1,,3,1,1\n2,,0,1\n", "file_row_width", "row 3: the row has 4 cells"),
        (HEAD + "1,,3,1,1\n2,,0,1,1,1\n", "file_row_width", "row 3: the row has 6 cells"),
        (HEAD + "1,,3,1,1\n\n2,,0,1,x\n", "file_cell", "row 4, column 2: “x” is not a vote"),
        (HEAD + "1,,3,nan,1\n", "file_cell", "row 2, column 1: “nan”"),
        (HEAD + "1,,3,2,1\n", "file_cell", "“2” is not a vote"),
        (HEAD + "1,,3,1 1,1\n", "file_cell", "“1 1” is not a vote"),
        (HEAD + "1,,3,--1,1\n", "file_cell", "“--1” is not a vote"),
        (HEAD + "bob,,3,1,1\n", "file_cell", "column participant: “bob” is not a whole number"),
        (HEAD + "1.5,,3,1,1\n", "file_cell", "“1.5” is not a whole number"),
        (HEAD + "-1,,3,1,1\n", "file_cell", "“-1” is not a whole number"),
        (HEAD + f"{10**18},,3,1,1\n", "file_cell", "column participant"),
        (HEAD + "1,9999999999,3,1,1\n", "file_cell", "column group-id"),
        (HEAD + ",,3,1,1\n", "file_cell_blank", "row 2, column participant: the cell is blank"),
        (HEAD + "4,,1,1,\n5,,1,1,\n4,,1,-1,\n", "file_person_twice", "row 4: participant 4"),
        (HEAD + '1,"0,3,1,1\n', "file_quotes", "row 2"),
        (HEAD + '1,,3,1"1",1\n', "file_quotes", "row 2"),
    ],
)
def test_a_bad_matrix_is_refused_in_words_with_the_place(
    tmp_path: Path, content: str | bytes, code: str, words: str
) -> None:
    with pytest.raises(EngineError) as caught:
        read(written(tmp_path, content))
    assert caught.value.code == code
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ("participant,vote\n1,1\n", "file_column_missing", "the column comment-id or statement"),
        ("participant,statement,vote\n", "file_no_votes", "lists no votes"),
        ("participant,statement,vote\n1,,1\n", "file_cell_blank", "row 2, column statement"),
        ("participant,statement,vote\n1,2,\n", "file_cell_blank", "row 2, column vote"),
        ("participant,statement,vote\n1,2,5\n", "file_cell", "“5” is not a vote"),
        ("participant,statement,vote\n1,2,NaN\n", "file_cell", "“NaN” is not a vote"),
        ("participant,statement,vote\n1,2,1\n3,2\n", "file_row_width", "row 3"),
        (
            "participant,statement,vote\n1,2,1\n3,2,1\n1,2,0\n",
            "file_votes_contradict",
            "participant 1 cast different votes on statement 2",
        ),
        (LIST + "1400000000700,,3,1,1\n", "file_votes_contradict", "participant 1"),
        (LIST + "soon,,3,1,1\n", "file_cell", "row 7, column timestamp"),
    ],
)
def test_a_bad_list_is_refused_in_words_with_the_place(
    tmp_path: Path, content: str, code: str, words: str
) -> None:
    with pytest.raises(EngineError) as caught:
        read(written(tmp_path, content, "votes.csv"))
    assert caught.value.code == code
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("comment-id,moderated\n7,1\n", "file_statement_unknown"),
        ("comment-id,moderated\n7,1\n7,1\n", "file_statement_twice"),
        ("comment-id,moderated\n7,5\n", "file_cell"),
        ("comment-id,moderated\nx,1\n", "file_cell"),
        ("comment-id,moderated\n7\n", "file_row_width"),
        ('comment-id,moderated\n7,"1\n', "file_quotes"),
        ("number,moderated\n7,1\n", "file_column_missing"),
        ("", "file_empty"),
        ("comment-id,moderated\n7,1\n".encode("utf-16"), "file_utf16"),
        (b"comment-id,comment-body\n7,\xe9\n", "file_not_utf8"),
    ],
)
def test_bad_comments_are_refused(tmp_path: Path, content: str | bytes, code: str) -> None:
    written(tmp_path, MATRIX)
    written(tmp_path, content, "comments.csv")
    with pytest.raises(EngineError) as caught:
        read(tmp_path)
    assert caught.value.code == code
    assert "comments.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "file_not_json"),
        ("[1]", "file_not_json"),
        ('{"vote": 1}', "file_not_json"),
        ("[]", "file_no_votes"),
        ('[{"pid": 1, "vote": 1}]', "file_column_missing"),
        ('[{"pid": 1, "tid": 1, "vote": NaN}]', "file_cell"),
        ('[{"pid": 1, "tid": 1, "vote": 3}]', "file_cell"),
        ('[{"pid": 1, "tid": null, "vote": 1}]', "file_cell"),
        ('[{"pid": 1, "tid": 2, "vote": 1}, {"pid": 1, "tid": 2}]', "file_not_json"),
        (
            '[{"pid": 1, "tid": 2, "vote": 1}, {"pid": 1, "tid": 2, "vote": 0}]',
            "file_votes_contradict",
        ),
    ],
)
def test_bad_json_is_refused(tmp_path: Path, content: str, code: str) -> None:
    with pytest.raises(EngineError) as caught:
        read(written(tmp_path, content, "votes.json"))
    assert caught.value.code == code


def test_folders_and_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        read(tmp_path)
    assert caught.value.code == "folder_without_votes"
    with pytest.raises(EngineError) as caught:
        read(tmp_path / "nothing.csv")
    assert caught.value.code == "file_missing"
    with pytest.raises(EngineError) as caught:
        read_ids(written(tmp_path, "12\nbob\n", "ids.csv"))
    assert "row 2" in str(caught.value)


VOTES = st.sampled_from(["1", "-1", "0", "1.0", "-1.0", "0.0", " 1", "-1 ", " ", "", ""])
# The csv module writes a lone carriage return without quotation marks unless told to quote all.
XID = {
    csv.QUOTE_ALL: st.text(st.sampled_from('ab ,"\n\r;é1-'), max_size=6),
    csv.QUOTE_MINIMAL: st.text(st.sampled_from('ab ,"\n;é1-'), max_size=6),
}


@st.composite
def matrices(draw: st.DrawFn) -> str:
    """A matrix as some spreadsheet might have saved it."""
    statements = draw(st.lists(st.integers(0, 10**9), min_size=1, max_size=6, unique=True))
    people = draw(st.lists(st.integers(0, 10**17), min_size=1, max_size=8, unique=True))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    columns = ["participant", "xid", *map(str, statements)]
    order = draw(st.permutations(range(len(columns))))
    text = StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator=ending)
    writer.writerow([columns[at] for at in order])
    for person in people:
        row = [str(person), draw(XID[quoting]), *(draw(VOTES) for _ in statements)]
        writer.writerow([row[at] for at in order])
        text.write(draw(st.sampled_from(["", "", ending])))
    return text.getvalue()


@given(matrices())
@settings(max_examples=150, deadline=None)
def test_any_matrix_reads_as_the_csv_module_reads_it(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    assert cells(read(written(folder, text)).matrix) == slow_matrix(text)


@given(matrices(), st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_matrix_is_read_or_refused_but_never_breaks(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    raw = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    path = written(tmp_path_factory.getbasetemp(), bytes(raw) or b"x")
    try:
        answer: object = read(path).matrix
    except EngineError as error:
        answer = str(error)
    assert repr(answer)


@st.composite
def lists(draw: st.DrawFn) -> tuple[list[tuple[int, int, int, int]], str]:
    """Time, statement, person and vote; and the same as some spreadsheet might have saved it."""
    small = st.integers(0, 3)
    times = st.sampled_from([0, 5, 99_999_999, 100_000_000, 1_700_000_000_000])
    votes = draw(st.lists(st.tuples(times, small, small, st.integers(-1, 1)), min_size=1))
    columns = ["timestamp", "datetime", "comment-id", "voter-id", "vote"]
    order = draw(st.permutations(range(5)))
    text = StringIO(newline="")
    writer = csv.writer(text, quoting=draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])))
    writer.writerow([columns[at] for at in order])
    for time, statement, person, value in votes:
        row = [str(time), "Mon, 1 May", f"{statement}", f" {person}", f"{value}"]
        if draw(st.booleans()):
            row[1], row[4] = "", f"{value}.0 "
        writer.writerow([row[at] for at in order])
    return votes, text.getvalue()


@given(lists())
@settings(max_examples=150, deadline=None)
def test_any_list_gives_the_last_votes_or_says_whose_last_vote_is_not_known(
    tmp_path_factory: pytest.TempPathFactory,
    given_votes: tuple[list[tuple[int, int, int, int]], str],
) -> None:
    votes, text = given_votes
    last: dict[tuple[int, int], tuple[int, set[int]]] = {}
    for time, statement, person, value in votes:
        before, values = last.get((person, statement), (-1, set()))
        if time >= before:
            values = values | {value} if time == before else {value}
            last[person, statement] = time, values
    path = written(tmp_path_factory.getbasetemp(), text, "votes.csv")
    unclear = [pair for pair, (_, values) in last.items() if len(values) > 1]
    if unclear:
        with pytest.raises(EngineError) as caught:
            read(path)
        assert (caught.value.params["participant"], caught.value.params["statement"]) in unclear
    else:
        expected = {pair: values.pop() for pair, (_, values) in last.items()}
        assert cells(read(path).matrix) == expected


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_votes_written_as_a_matrix_and_as_a_list_come_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    ids = st.lists(st.integers(0, 10**12), min_size=1, max_size=9, unique=True)
    people, statements = data.draw(ids), data.draw(ids)
    pairs = [(who, what) for who in people for what in statements]
    votes = data.draw(st.dictionaries(st.sampled_from(pairs), st.integers(-1, 1), min_size=1))
    who, what = zip(*votes, strict=True)
    matrix = VoteMatrix.from_triplets(
        who, what, list(votes.values()), participant_ids=people, statement_ids=statements
    )
    table = [["participant", *statements]]
    table += [[one, *(votes.get((one, other), "") for other in statements)] for one in people]
    lines = "\n".join(",".join(str(cell) for cell in row) for row in table)
    folder = tmp_path_factory.getbasetemp()
    assert read(written(folder, lines)).matrix.digest == matrix.digest
    lines = "\n".join(f"{one},{other},{vote}" for (one, other), vote in votes.items())
    path = written(folder, "participant,statement,vote\n" + lines, "votes.csv")
    assert cells(read(path).matrix) == votes


def test_a_matrix_longer_than_one_piece_reads_as_the_csv_module_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregation.engine.delimited._PIECE", 64)
    rng = np.random.default_rng(3)
    votes = rng.choice(["1", "-1", "0", ""], size=(200, 30), p=[0.2, 0.1, 0.1, 0.6])
    lines = ["participant," + ",".join(map(str, range(30)))]
    lines += [f"{person}," + ",".join(row) for person, row in enumerate(votes)]
    text = "\n".join(lines)
    assert cells(read(written(tmp_path, text)).matrix) == slow_matrix(text)
    broken = text + "\n200," + ",".join(["1"] * 29) + ","
    assert read(written(tmp_path, broken)).matrix.n_participants == 201
    with pytest.raises(EngineError) as caught:
        read(written(tmp_path, broken + ",1\n"))
    assert "row 202: the row has 32 cells" in str(caught.value)


def test_letters_may_be_cut_between_pieces_and_a_bad_byte_is_found_in_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{person},{'é€😀' * (person % 5)},1\n" for person in range(60))
    good = ("participant,xid,1\n" + rows).encode()
    bad = good + b"60,\xff,1\n" + good[18:]
    for size in (1, 2, 3, 64, 1_000_000):
        monkeypatch.setattr("aggregation.engine.delimited._PIECE", size)
        assert read(written(tmp_path, good)).matrix.n_votes == 60
        with pytest.raises(EngineError) as caught:
            read(written(tmp_path, bad))
        assert "row 62:" in str(caught.value)
