import pytest
from hypothesis import given
from hypothesis import strategies as st

from swae_text.cli.streams import BadLines, Record, for_sentences, in_batches, read_records
from swae_text.errors import CorpusError


def read(tmp_path, data: bytes) -> list[Record]:
    path = tmp_path / "input"
    path.write_bytes(data)
    return list(read_records(str(path), BadLines()))


def test_every_line_is_a_record(tmp_path):
    data = '\ufeffone\r\n\n{"text": "two", "id": 7}\n{"text": "", "id": 8}\nlast'.encode()
    records = read(tmp_path, data)
    assert [record.text for record in records] == ["one", "", "two", "", "last"]
    assert [record.empty for record in records] == [False, True, False, True, False]
    assert records[2].fields == {"text": "two", "id": 7}
    assert records[4].where.endswith("input:5")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{broken", "not valid JSON"),
        (b"\xff", "not UTF-8"),
        (b'{"text": 3}', "not a string"),
        (b'{"id": 8}', 'no "text"'),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, reason):
    with pytest.raises(CorpusError, match=rf"input:2: .*{reason}"):
        read(tmp_path, b"good\n" + line + b"\n")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="cannot be read"):
        list(read_records(str(tmp_path / "none"), BadLines()))


@given(st.lists(st.sampled_from(["", " ", "a", "b c"])), st.integers(1, 5))
def test_batches_keep_order_and_places(texts, size):
    records = [Record(text, f"x:{i}") for i, text in enumerate(texts)]
    upper = [
        result
        for batch in in_batches(records, size)
        for _, result in for_sentences(batch, lambda texts: [t.upper() for t in texts], BadLines())
    ]
    assert upper == [text.upper() if text.strip() else None for text in texts]


def test_the_refused_sentence_is_named_by_its_line():
    def refuse(texts: list[str]) -> list[str]:
        for number, text in enumerate(texts, 1):
            if text == "bad":
                raise CorpusError(f"sentence {number} is bad")
        return texts

    batch = [Record("", "in:1"), Record("good", "in:2"), Record("bad", "in:3")]
    with pytest.raises(CorpusError, match=r"^in:3: is bad$"):
        for_sentences(batch, refuse, BadLines())
