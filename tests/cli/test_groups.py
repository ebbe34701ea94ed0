import pytest
import torch

from swae_text.cli.groups import encoded, read_groups
from swae_text.cli.streams import BadLines
from swae_text.errors import CorpusError


def read(tmp_path, data, count=2, more=True):
    path = tmp_path / "input"
    path.write_bytes(data.encode())
    return list(read_groups(str(path), count, BadLines(), more=more))


def test_every_line_is_a_group(tmp_path):
    data = 'ä\tb\r\n\n\t\n{"texts": ["a\\tb", "c", "d"], "id": 7}\n{"texts": []}\nx\ty'
    groups = read(tmp_path, data)
    texts = [("ä", "b"), (), (), ("a\tb", "c", "d"), (), ("x", "y")]
    assert [group.texts for group in groups] == texts
    assert groups[3].fields["id"] == 7 and groups[5].where.endswith("input:6")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("alone", "given: 1, wanted: 2"),
        ("a\tb\tc", "given: 3, wanted: 2"),
        ("a\t ", "sentence 2 of 2 is empty"),
        ('{"id": 8}', "not a list of sentences"),
        ('{"texts": "a"}', "not a list of sentences"),
        ('{"texts": ["a", 1]}', "not a list of sentences"),
        ("{broken", "not valid JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, reason):
    with pytest.raises(CorpusError, match=rf"input:2: .*{reason}"):
        read(tmp_path, f"good\tone\n{line}\n", more=False)


def test_all_sentences_are_encoded_at_once_and_find_their_lines(tmp_path):
    calls = []

    def encode(texts):
        calls.append(texts)
        return torch.tensor([[float(text)] for text in texts])

    groups = read(tmp_path, "1\t2\n\n3\t4\t5\n")
    found = [[z.item() for z in vectors] for _, vectors in encoded(groups, encode, BadLines())]
    assert found == [[1, 2], [], [3, 4, 5]] and calls == [["1", "2", "3", "4", "5"]]
