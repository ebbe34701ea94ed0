import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from nltk.translate.bleu_score import corpus_bleu

from swae_text.errors import CorpusError
from swae_text.metrics.perplexity import Perplexity
from swae_text.metrics.transfer import overlap, transfer_row, transfer_table

YELP = Path(__file__).resolve().parents[3] / "shared" / "data" / "yelp" / "references.jsonl"

SOURCES = ["the food was really bad .", "i will never come back here .", "awful !"]
OUTPUTS = ["the food was really good .", "i will always come back here .", "great !"]
REFERENCES = [
    ["the food was good .", "the food was great .", "good food .", "i liked the food ."],
    ["i will be back .", "i will come back here .", "see you again .", "i will be back soon ."],
    ["great !", "lovely !", "superb !", "just great !"],
]
TARGETS = ["good"] * 3


def by_word(sentences: Sequence[str]) -> list[str]:
    return ["good" if {"good", "great", "always"} & set(s.split()) else "bad" for s in sentences]


def always(sentences: Sequence[str]) -> list[str]:
    return ["good"] * len(sentences)


def even(sentences: Sequence[str]) -> Perplexity:
    return Perplexity(25.0, math.log(25), 1, 0, len(sentences), "even")


JUDGES = {"words": by_word, "always": always}


def table(**systems):
    rows = transfer_table(systems, SOURCES, REFERENCES, TARGETS, JUDGES, even)
    return {row.name: row for row in rows}


def test_trap_no_system_stands_alone():
    """Copying is the best content there is, and human rewrites the best outputs."""
    rows = table(ours=OUTPUTS)
    assert list(rows) == ["copy", "human 0", "human 1", "human 2", "human 3", "ours"]
    assert rows["copy"].self_bleu.corpus == rows["copy"].self_bleu.sentence == pytest.approx(100)
    assert rows["copy"].accuracy == {"words": 0.0, "always": 1.0}
    assert rows["copy"].g_accuracy_ref4["words"] == 0
    assert list(table()) == list(rows)[:-1]


def test_humans_are_scored_against_the_other_humans():
    row = table()["human 1"]
    ways = [[row[k] for row in REFERENCES] for k in (0, 2, 3)]
    assert row.ref_bleu_others == overlap([row[1] for row in REFERENCES], ways)
    assert row.ref_bleu_others.references == 3
    assert row.ref_bleu_1 is row.ref_bleu_4 is row.g_accuracy_ref4 is None


def test_a_row_by_hand():
    row = table(ours=OUTPUTS)["ours"]
    assert row.accuracy == {"words": 1.0, "always": 1.0}
    kept, four = row.self_bleu.corpus, row.ref_bleu_4.corpus
    assert row.g_accuracy_self["words"] == pytest.approx(math.sqrt(100 * kept))
    assert row.g_accuracy_ref4["words"] == pytest.approx(math.sqrt(100 * four))
    assert row.g_accuracy_self_fluency["words"] == pytest.approx((100 * kept * 4) ** (1 / 3))
    assert row.perplexity.value == 25
    assert row.n == 3
    assert json.loads(json.dumps(row.to_dict()))["self_bleu"]["references"] == 1


def test_without_a_language_model_or_references_the_rest_stays():
    row = transfer_row("ours", SOURCES, OUTPUTS, [[]] * 3, TARGETS, JUDGES)
    assert row.perplexity is row.g_accuracy_self_fluency is None
    assert row.ref_bleu_1 is row.ref_bleu_4 is None
    two = transfer_row("ours", SOURCES, OUTPUTS, [r[:2] for r in REFERENCES], TARGETS, JUDGES)
    assert two.ref_bleu_1.references == 1
    assert two.ref_bleu_4 is None


def test_only_the_first_four_references_count():
    more = [[*row, "The Food's GOOD."] for row in REFERENCES]
    ours = transfer_row("ours", SOURCES, OUTPUTS, more, TARGETS, JUDGES)
    assert ours == transfer_row("ours", SOURCES, OUTPUTS, REFERENCES, TARGETS, JUDGES)


def test_corpus_bleu_is_that_of_nltk_on_lower_case_words():
    outputs, references = OUTPUTS[:2], REFERENCES[:2]  # NLTK counts a 4-gram in two words
    found = overlap([text.upper() for text in outputs], list(zip(*references, strict=True)))
    split = [[text.split() for text in row] for row in references]
    expected = 100 * corpus_bleu(split, [text.split() for text in outputs])
    assert found.corpus == pytest.approx(expected)


def test_trap_corpus_and_mean_sentence_bleu_differ_and_both_are_there():
    kept = table(ours=OUTPUTS)["ours"].self_bleu
    assert abs(kept.corpus - kept.sentence) > 8


def test_trap_case_tokens_and_smoothing_are_stated():
    signature = overlap(OUTPUTS, [SOURCES]).signature
    assert {"case:lc", "tok:none", "smooth:none"} <= set(signature.split("|"))


def test_trap_unknown_words_and_lost_ends_cost_bleu():
    assert overlap(["the ⁇ was really bad ."], [SOURCES[:1]]).corpus < 100
    assert overlap(["the food was really"], [SOURCES[:1]]).corpus == pytest.approx(
        100 * math.exp(1 - 6 / 4)
    )
    assert overlap([""], [SOURCES[:1]]).sentence == 0


@pytest.mark.parametrize(
    ("sources", "outputs", "references", "targets"),
    [
        ([], [], [], []),
        (SOURCES, OUTPUTS[:2], REFERENCES, TARGETS),
        (SOURCES, OUTPUTS, REFERENCES[:2], TARGETS),
        (SOURCES, OUTPUTS, REFERENCES, TARGETS[:2]),
        (SOURCES, OUTPUTS, [*REFERENCES[:2], ["one"]], TARGETS),
    ],
)
def test_what_does_not_pair_up_is_refused(sources, outputs, references, targets):
    with pytest.raises(CorpusError, match="give"):
        transfer_row("ours", sources, outputs, references, targets, JUDGES)


def test_a_classifier_that_drops_sentences_is_refused():
    with pytest.raises(CorpusError, match="classifier short: 2 labels for 3"):
        transfer_row("x", SOURCES, OUTPUTS, REFERENCES, TARGETS, {"short": lambda s: ["good"] * 2})


def test_names_of_the_fixed_rows_are_taken():
    with pytest.raises(CorpusError, match="copy"):
        table(copy=OUTPUTS)


@pytest.mark.shared
@pytest.mark.skipif(not YELP.is_file(), reason="the shared sentences are not here")
def test_reproduces_multi_bleu_on_yelp():
    """Published outputs were re-scored with ``multi-bleu.perl`` on lower-cased text."""
    rows = [json.loads(line) for line in YELP.read_text(encoding="utf-8").splitlines()]
    texts = [row["text"] for row in rows]
    references = [row["references"] for row in rows]
    found = transfer_table({}, texts, references, ["1"] * len(rows), {})
    copy, *humans = found
    assert copy.n == 1000
    assert copy.self_bleu.corpus == pytest.approx(100)
    assert round(copy.ref_bleu_1.corpus, 1) == 31.4
    assert round(copy.ref_bleu_4.corpus, 1) == 64.1
    assert round(copy.ref_bleu_1.sentence, 1) == 22.5  # unsmoothed NLTK sentences
    others = [round(human.ref_bleu_others.corpus, 1) for human in humans]
    assert others == [35.0, 54.3, 58.4, 54.4]
    assert [round(human.self_bleu.corpus, 1) for human in humans] == [31.9, 41.6, 41.7, 41.7]
