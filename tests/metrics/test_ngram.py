import math
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swae_text.errors import ConfigError, CorpusError
from swae_text.metrics.ngram import NGramModel, vocabulary

LETTERS = "abcdefghijkl"


def chatter(n: int, seed: int) -> list[str]:
    """Sentences in which frequent letters are much more frequent and tend to keep their order."""
    rng = random.Random(seed)
    texts = []
    for _ in range(n):
        drawn = rng.choices(LETTERS, [1 / (i + 1) ** 1.5 for i in range(12)], k=rng.randint(0, 9))
        texts.append(" ".join(sorted(drawn) if rng.random() < 0.7 else drawn))
    return texts


CORPUS = chatter(300, seed=1)


def reference(sentences, order, words):
    """Modified Kneser–Ney in dictionaries, straight from the formulas: p(word, context)."""
    grams = Counter()
    for sentence in sentences:
        known = [word if word in words else "<unk>" for word in sentence.split()]
        text = ("<s>", *known, "</s>")
        for k in range(1, order + 1):
            grams.update(text[i : i + k] for i in range(len(text) - k + 1))
    heads = Counter(gram[1:] for gram in grams)
    tables = [{} for _ in range(order + 1)]
    for gram, seen in grams.items():
        whole = len(gram) == order or gram[0] == "<s>"
        tables[len(gram)][gram] = seen if whole else heads[gram]
    tables[1].pop(("<s>",))

    def discounts(table):
        t = Counter(table.values())
        if t[1] and t[2] and t[3]:
            y = t[1] / (t[1] + 2 * t[2])
            found = [i - (i + 1) * y * t[i + 1] / t[i] for i in (1, 2, 3)]
            if min(found) > 0:
                return found
        return [0.5, 1.0, 1.5]

    taken = [discounts(table) for table in tables]

    def probability(word, context):
        k = len(context) + 1
        lower = probability(word, context[1:]) if context else 1 / (len(words) + 2)
        after = {gram[-1]: c for gram, c in tables[k].items() if gram[:-1] == context}
        if not after:
            return lower
        cut = {w: taken[k][min(c, 3) - 1] for w, c in after.items()}
        own = after[word] - cut[word] if word in after else 0
        return (own + sum(cut.values()) * lower) / sum(after.values())

    return probability


def check_against_reference(sentences, order, words, context):
    model = NGramModel.train(sentences, order, words)
    probability = reference(sentences, order, model.vocabulary)
    known = [word if word in model.vocabulary else "<unk>" for word in context.split()]
    last = ("<s>", *known)[max(0, len(known) + 2 - order) :]
    expected = [probability(word, last) for word in (*model.vocabulary, "<unk>", "</s>")]
    got = np.exp(model.next_log_probs(context))
    assert got.sum() == pytest.approx(1)
    np.testing.assert_allclose(got, expected, rtol=1e-9)


texts = st.lists(st.sampled_from("abcdexy"), max_size=6).map(" ".join)


@settings(deadline=None, max_examples=60)
@given(st.lists(texts, min_size=1, max_size=12), st.integers(1, 5), texts)
def test_agrees_with_the_formulas_and_sums_to_one_after_any_context(sentences, order, context):
    check_against_reference(sentences, order, "abcdez", context)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("context", ["", "a", "a a b", "b a l l", "a new a", "l k j i h"])
def test_agrees_with_the_formulas_where_discounts_come_from_counts(order, context):
    check_against_reference(CORPUS, order, LETTERS, context)


def test_discounts_by_hand():
    # t₁ = 4 with </s>, t₂ = 2, t₃ = t₄ = 1: Y = ½ and D = ½, 1¼, 1; 6½ of 15 goes to nine words
    model = NGramModel.train(["a b c d d e e f f f g g g g"], order=1)
    counted = np.array([0.5, 0.5, 0.5, 0.75, 0.75, 2, 3, 0, 0.5])
    np.testing.assert_allclose(np.exp(model.next_log_probs("")), (counted + 6.5 / 9) / 15)


@pytest.mark.parametrize("order", [2, 3, 4, 5])
@pytest.mark.parametrize("words", [LETTERS, "abcxyz"])
def test_kenlm_reads_the_same_model(order, words, tmp_path):
    kenlm = pytest.importorskip("kenlm")
    model = NGramModel.train(CORPUS, order, words)
    model.write_arpa(tmp_path / "model.arpa")
    other = kenlm.Model(str(tmp_path / "model.arpa"))
    heard = [*chatter(50, seed=2), "", "a", "new", "z", "a new b", "<unk> a", "b a l k " * 20]
    expected = [other.score(text) * math.log(10) for text in heard]
    np.testing.assert_allclose(model.log_probs(heard), expected, rtol=0, atol=1e-4)


def test_a_lone_unigram_is_written_too(tmp_path):
    model = NGramModel.train(["a b", "a"], order=1)
    model.write_arpa(tmp_path / "model.arpa")
    rows = [line.split("\t") for line in (tmp_path / "model.arpa").read_text().splitlines()]
    probs = {row[1]: 10 ** float(row[0]) for row in rows if len(row) == 2}
    assert probs.keys() == {"a", "b", "<unk>", "</s>", "<s>"}
    assert sum(probs.values()) == pytest.approx(1)


def test_perplexity_counts_the_end_of_sentence():
    # counts a 2, </s> 2; D = ½, 1, 1½ for want of more: p = (2 − 1 + 2 · ⅓) / 4 for both
    model = NGramModel.train(["a", "a"], order=1)
    score = model.perplexity(["a", "", "a a"])
    assert score.value == pytest.approx(12 / 5)
    assert (score.words, score.n, score.unknown) == (6, 3, 0)
    assert score.lm == model.signature == "kn1|vocab:1|min:1|trained:2"


@pytest.mark.parametrize("word", ["new", "<s>", "</s>", "<unk>", "<UNK>", "tab\tbed"])
def test_unknown_words_are_reported_and_finite(word):
    model = NGramModel.train([*CORPUS, f"a {word} b"], min_count=2)
    score = model.perplexity([f"a {word}", "a"])
    assert word not in model.vocabulary
    assert (score.unknown, score.words) == (1, 5)
    assert math.isfinite(score.value)


def test_vocabulary_is_what_was_seen_often_enough():
    assert vocabulary(["b a", "a c b", "<s> <s>"]) == ("a", "b")
    assert vocabulary(["b  a ", "<unk>"], min_count=1) == ("a", "b")


def test_a_reverse_model_knows_the_words_that_its_samples_lack():
    real = vocabulary(CORPUS)
    reverse = NGramModel.train(["a b", "a"], vocabulary=[*real, "a"])
    assert reverse.vocabulary == real
    assert "min:given" in reverse.signature
    score = reverse.perplexity(CORPUS)
    assert (score.unknown, math.isfinite(score.value)) == (0, True)
    assert score.value > NGramModel.train(CORPUS, vocabulary=real).perplexity(CORPUS).value


@pytest.mark.parametrize("context", ["", "a", "b", "a a", "a a b"])
def test_samples_have_the_frequencies_of_the_model(context):
    model = NGramModel.train([*CORPUS, "new a", "new new"], 3, LETTERS)
    expected = np.exp(model.next_log_probs(context))
    expected[-2] = 0  # <unk> is drawn again
    expected /= expected.sum()
    start = context.split()
    drawn = [text.split() for text in model.sample(20_000, seed=3)]
    followed = [t for t in drawn if t[: len(start)] == start]
    words = Counter((*t, "</s>")[len(start)] for t in followed)
    got = np.array([words[w] for w in (*model.vocabulary, "<unk>", "</s>")]) / len(followed)
    assert len(followed) > 100
    assert (abs(got - expected) <= 5 * np.sqrt(expected / len(followed))).all()


def test_samples_are_likelier_than_their_words_in_another_order():
    model = NGramModel.train(CORPUS, 3)
    drawn = model.sample(500, seed=4)
    rng = random.Random(4)
    mixed = [" ".join(rng.sample(words, len(words))) for words in map(str.split, drawn)]
    assert model.perplexity(drawn).value < 0.9 * model.perplexity(mixed).value


@pytest.mark.parametrize("order", [1, 4])
def test_samples_are_cut_never_unknown_and_the_same_for_one_seed(order):
    model = NGramModel.train(["x y z", *CORPUS[:20]], order, "ab")
    drawn = model.sample(200, seed=5, max_words=2)
    assert drawn == model.sample(200, seed=5, max_words=2) != model.sample(200, 6, max_words=2)
    assert {word for text in drawn for word in text.split()} <= {"a", "b"}
    assert max(len(text.split()) for text in drawn) == 2
    assert model.sample(0, seed=5) == []


def test_what_cannot_be_modelled_is_refused():
    with pytest.raises(CorpusError, match="train"):
        NGramModel.train([])
    with pytest.raises(CorpusError, match="score"):
        NGramModel.train(["a"]).perplexity([])
    with pytest.raises(CorpusError, match="<unk>"):
        NGramModel.train(["a"], vocabulary=["a", "<unk>"])
    with pytest.raises(ConfigError, match="order"):
        NGramModel.train(["a"], order=0)
