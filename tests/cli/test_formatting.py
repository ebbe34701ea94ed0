import json

from hypothesis import given
from hypothesis import strategies as st

from swae_text.cli.formatting import as_json, as_line, as_record, compact, table
from swae_text.cli.streams import Record


@given(st.lists(st.floats(-1e6, 1e6)))
def test_compact_numbers_keep_six_digits(values):
    back = json.loads(as_json(compact(values)))
    assert all(
        abs(x - y) <= 5.0001e-6 * abs(x) or x == y for x, y in zip(values, back, strict=True)
    )


@given(st.text())
def test_a_record_is_one_line(text):
    assert len(as_line(text).splitlines()) <= 1
    assert "\n" not in as_record(Record("x", "in:1"), text, "jsonl")


def test_other_keys_pass_through():
    record = Record("old", "in:1", {"text": "old", "id": 7})
    assert json.loads(as_record(record, "new", "jsonl")) == {
        "text": "new",
        "id": 7,
        "input": "old",
    }
    assert as_record(record, None, "text") == ""


def test_table_aligns_numbers_right_and_words_left():
    lines = table([["copy", 100.0], ["stage one", None]], header=["through", "BLEU"])
    assert lines == ["through      BLEU", "copy       100.00", "stage one       –"]
