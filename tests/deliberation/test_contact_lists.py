"""Lists of people as they come: encodings, separators, broken lines, formulas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.contact_lists import read_rows

TEXT = "E-Mail;Name;Reference\nzoë@example.org;Zoë Müller;A-1\nbob@example.org;Bob;A-2\n"


def read(data: bytes | str, *, required=("e-mail",), optional=("name", "reference"), **more):
    sent = data.encode() if isinstance(data, str) else data
    return read_rows(sent, required=required, optional=optional, **more)


def messages(table) -> list[tuple[int, str, str]]:
    return [(p.line, p.column, p.message) for p in table.problems]


class TestEncodings:
    @pytest.mark.parametrize(
        ("encoding", "told"),
        [
            ("utf-8", "UTF-8"),
            ("utf-8-sig", "UTF-8"),
            ("utf-16", "UTF-16"),
            ("utf-16-le", "UTF-16"),
            ("utf-16-be", "UTF-16"),
            ("cp1252", "Windows-1252"),
        ],
    )
    def test_each_is_found_out_and_told(self, encoding, told):
        table = read(TEXT.encode(encoding))
        assert table.problems == []
        assert table.encoding == told
        assert table.rows[0]["name"] == "Zoë Müller"

    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_each_separator_is_found_out(self, separator):
        table = read(TEXT.replace(";", separator))
        assert table.separator == separator
        assert [row["reference"] for row in table.rows] == ["A-1", "A-2"]

    def test_a_separator_inside_quotation_marks_is_none(self):
        table = read('"e-mail";"name, first, last, all"\na@example.org;x\n', optional=())
        assert table.separator == ";"

    @pytest.mark.parametrize(
        "data", [b"PK\x03\x04sheet", b"\xd0\xcf\x11\xe0old", b"%PDF-1.7 print"]
    )
    def test_a_file_that_is_no_text_is_told_how_to_become_one(self, data):
        ((line, _, words),) = messages(read(data))
        assert line == 0
        assert "CSV" in words

    @pytest.mark.parametrize("data", ["", "\n\n", "\ufeff \n"])
    def test_an_empty_list_says_so(self, data):
        assert messages(read(data)) == [(0, "", "There is nothing in this list.")]


class TestColumns:
    def test_they_are_found_in_any_order_and_spelling(self):
        table = read("NAME,Email , Extra\nBob,bob@example.org,x\n")
        assert table.rows == [{"e-mail": "bob@example.org", "name": "Bob", "reference": ""}]
        assert table.left_out == ["Extra"]

    def test_a_missing_one_is_named_with_what_stands_there_instead(self):
        ((line, _, words),) = messages(read("first,last\nAnn,Lee\n"))
        assert line == 1
        assert "This is missing: e-mail" in words
        assert "first, last" in words

    def test_without_any_known_column_all_are_named(self):
        ((_, _, words),) = messages(read("foo\nbar\n", required=()))
        assert "name, reference" in words

    def test_two_of_a_name_are_refused(self):
        ((line, column, words),) = messages(read("e-mail,Mail\na@example.org,b@example.org\n"))
        assert (line, column) == (1, "e-mail")
        assert "two columns" in words


class TestRows:
    def test_lines_are_counted_as_an_editor_does(self):
        table = read('e-mail,name\na@example.org,"two\nlines"\n\nb@example.org,B\n,C\n')
        assert table.line_numbers == [2, 5]
        assert messages(table) == [(6, "e-mail", "“e-mail” is empty in this line.")]

    @pytest.mark.parametrize("cell", ["=1+1", "+49 30 123", "-2", "@SUM(A1)", "= HYPERLINK()"])
    def test_a_formula_is_refused(self, cell):
        table = read(f"e-mail,name\na@example.org,{cell}\n")
        ((line, column, words),) = messages(table)
        assert (line, column) == (2, "name")
        assert cell in words
        assert table.rows == []

    def test_a_lone_dash_is_no_formula(self):
        assert read("e-mail,name\na@example.org,-\n").problems == []

    def test_the_same_line_twice_is_said_once_with_its_twin(self):
        table = read("e-mail,name\na@example.org,A\nb@example.org,B\na@example.org,A\n")
        assert messages(table) == [(4, "", "This line is the same as line 2.")]
        assert len(table.rows) == 2

    def test_quotation_marks_that_do_not_fit_spoil_their_line_only(self):
        table = read('e-mail,name\na@example.org,"A"x\nb@example.org,B\n')
        assert [p.line for p in table.problems] == [2]
        assert table.line_numbers == [3]

    def test_a_quotation_mark_left_open_is_said_at_the_line_where_it_opens(self):
        table = read('e-mail,name\na@example.org,A\nb@example.org,"B\nc@example.org,C\n')
        assert [p.line for p in table.problems] == [3]

    def test_signs_that_no_database_takes_are_refused(self):
        ((line, column, _),) = messages(read("e-mail,name\na@example.org,A\x00B\n"))
        assert (line, column) == (2, "name")

    def test_missing_cells_at_the_end_are_empty(self):
        table = read("e-mail,name,reference\na@example.org\n")
        assert table.rows == [{"e-mail": "a@example.org", "name": "", "reference": ""}]

    def test_more_than_the_limit_is_refused_with_the_limit(self):
        lines = "".join(f"p{n}@example.org\n" for n in range(6))
        table = read(f"e-mail\n{lines}", optional=(), limit=5)
        ((line, _, words),) = messages(table)
        assert line == 7
        assert "At most 5 rows" in words


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise(data):
    table = read_rows(data, required=["e-mail"], optional=["name"])
    assert len(table.rows) == len(table.line_numbers)


@given(st.text(max_size=300))
def test_no_text_below_a_good_header_makes_it_raise(text):
    sent = ("e-mail,name\n" + text).encode("utf-8", "surrogatepass")
    table = read_rows(sent, required=["e-mail"], optional=["name"])
    assert all(row["e-mail"] for row in table.rows)
