"""What becomes of rows: in order, each bad one on its own, columns kept by name."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swae_text.bulk.cells import Vector, read_texts, read_vectors, text_column
from swae_text.bulk.rows import Worker, answer
from swae_text.errors import CorpusError

CELLS = st.lists(st.sampled_from(["a", "bb", "ccc", "bad", " ", None]), max_size=20)


def shout(texts):
    """Each text in capitals, once for each letter; "bad" is refused."""
    for number, text in enumerate(texts, 1):
        if text == "bad":
            raise CorpusError(f"sentence {number} is bad")
    return [[{"text": text.upper(), "nth": nth} for nth in range(len(text))] for text in texts]


FIELDS = (pa.field("text", pa.string()), pa.field("nth", pa.int64()))


@given(CELLS, st.integers(1, 5))
def test_rows_keep_their_order_and_a_bad_one_costs_itself_alone(cells, batch_size):
    worker = Worker(lambda window: read_texts(window["text"]), shout, len, FIELDS, batch_size)
    columns = [pa.array(range(len(cells))), pa.array(cells, pa.string())]
    window, told = pa.record_batch(columns, names=["id", "text"]), []
    made, errors = answer(worker, window, lambda row: f"f:{row + 1}", told.append)
    expected, wrong = [], []
    for row, text in enumerate(cells):
        blank = text in (" ", None, "bad")
        error = f"f:{row + 1}: is bad" if text == "bad" else None
        for nth in range(1 if blank else len(text)):
            new = {"text": None if blank else text.upper(), "nth": None if blank else nth}
            expected.append({"id": row, "input": text, **new, "error": error})
        wrong += [error] if error else []
    assert made.to_pylist() == expected and errors == wrong
    assert sum(told) == len(cells)
    assert made.schema == worker.schema(window.schema)


def test_what_is_new_replaces_what_is_called_so():
    schema = pa.schema({name: pa.int64() for name in ("error", "z", "text", "input", "nth", "id")})
    worker = Worker(read_texts, shout, len, FIELDS, 1, frozenset({"z"}))
    assert worker.schema(schema).names == ["input", "id", "text", "nth", "error"]
    assert worker.schema(pa.schema({"review": pa.string(), "input": pa.int64()})).names == [
        "review",
        "input",
        "text",
        "nth",
        "error",
    ]


@pytest.mark.parametrize("kind", [pa.list_(pa.float16(), 2), pa.list_(pa.float64())])
def test_vectors_are_read_and_judged_one_by_one(kind):
    cells = [[1.0, 2.0], None, [0.5, float("nan")], [3.0, 4.0], [5.0, 6.0]]
    spaces = ["latent", None, "code", None, "moon"]
    window = pa.record_batch({"z": pa.array(cells, kind), "space": pa.array(spaces)})
    found = read_vectors(window, None, "code", lambda name: 2)
    first, none, nan, default, moon = found
    assert isinstance(first, Vector) and first.space == "latent" and first.z.tolist() == [1, 2]
    assert none is None and "finite" in str(nan) and "'moon'" in str(moon)
    assert default.space == "code" and default.z.dtype == "float32"
    wrong, _ = read_vectors(window.slice(3), "code", "latent", lambda name: 3)
    assert str(wrong) == "'z' has 2 numbers; space 'code' has 3"


def test_a_column_of_sentences_is_found_by_name_and_has_to_hold_text():
    schema = pa.schema({"review": pa.large_string(), "stars": pa.int64()})
    assert text_column(schema, None, "f") == text_column(schema, "review", "f") == "review"
    for asked, said in (("stars", "holds int64"), ("tongue", "no column 'tongue'")):
        with pytest.raises(CorpusError, match=said):
            text_column(schema, asked, "f")
