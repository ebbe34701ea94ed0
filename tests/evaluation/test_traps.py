"""Ways in which published figures of this field went wrong; each would be caught here.

Sources are the released programs of the peers, not their papers.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from swae_text.config import load_config
from swae_text.corpora.store import PreparedCorpus, prepare
from swae_text.evaluation import benchmark as benchmarks
from swae_text.evaluation.faithfulness import likelihood, reconstruction_rows
from swae_text.evaluation.held_out import Encoded, HeldOut
from swae_text.evaluation.judges import MIN_COUNT
from swae_text.evaluation.protocol import evaluate
from swae_text.evaluation.samples import sample_rows, yardsticks
from swae_text.evaluation.works import BenchmarkConfig
from swae_text.generation.decoding import Decoding
from swae_text.metrics.diversity import diversity
from swae_text.metrics.ngram import NGramModel
from swae_text.metrics.perplexity import split_words
from swae_text.metrics.reconstruction import reconstruction
from swae_text.metrics.transfer import transfer_table
from swae_text.models.autoencoder import SentenceAutoencoder
from swae_text.space import SentenceSpace

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def test_texts(judges) -> list[str]:
    return judges.corpus.test.texts()


def untrained_vae(sentences: Path) -> tuple[SentenceSpace, PreparedCorpus]:
    files = [ROOT / "configs/tiny.yaml", ROOT / "configs/methods/vae.yaml"]
    config = load_config(files, (f"corpus.source={sentences}", "tokenizer.vocab_size=300"))
    corpus = prepare(config.corpus, config.tokenizer, config.model.max_tokens, lambda line: None)
    torch.manual_seed(0)
    module = SentenceAutoencoder(config.model, 300)
    return SentenceSpace(config, corpus.tokenizer, module), corpus


def words_and_ends(texts) -> int:
    return sum(len(split_words(text)) for text in texts) + len(texts)


def test_forward_scores_the_samples_and_nothing_else(space, judges, small, test_texts):
    """ARAE appends every vocabulary word as a line and scores those one-word lines as well."""
    rows, _ = sample_rows(space, test_texts, judges, small)
    samples = space.sample(small.samples, seed=small.seed)
    scored = rows[-1]["forward"]["ngrams"]
    assert (scored["n"], scored["words"]) == (len(samples), words_and_ends(samples))


def test_every_perplexity_counts_ends_of_sentences(judges, test_texts):
    """ARAE asks KenLM for eos=False and divides by words alone."""
    found = judges.ngrams.perplexity(test_texts)
    assert found.words == words_and_ends(test_texts)
    ends = judges.ngrams.perplexity([""] * 5)
    assert ends.words == 5 and ends.value > 1


def test_perplexity_is_a_word_and_never_a_piece(space, judges, test_texts):
    """Optimus divides by the pieces of GPT-2's tokenizer."""
    score = judges.recurrent.perplexity(test_texts)
    pieces = sum(len(row) for row in judges.recurrent.tokenizer.encode(test_texts))
    assert pieces > score.words == words_and_ends(test_texts)
    nats = -judges.recurrent.log_probs(test_texts).sum()
    assert score.value == pytest.approx(np.exp(nats / score.words))


def test_no_referee_has_seen_a_held_out_sentence(judges):
    """iVAE trains the language model of "forward" on the test sentences it compares with."""
    held_out = set(judges.corpus.test.texts()) | set(judges.corpus.valid.texts())
    assert not held_out & set(judges.train_texts)
    assert judges.ngrams.signature.endswith(f"trained:{len(judges.train_texts)}")
    train, _ = judges.labelled("train")
    assert not held_out & set(train)


def test_choices_are_made_on_the_validation_split(judges, space, small, tmp_path, monkeypatch):
    """ARAE keeps the checkpoint with the best reverse perplexity on the test file."""
    seen: list[str] = []

    def watched(space, held_out, *rest):
        seen.append(held_out.split)
        return evaluate(space, held_out, *rest)

    monkeypatch.setattr(benchmarks, "evaluate", watched)
    corpus = {"source": space.config.corpus.source, "valid_size": 20, "test_size": 20}
    config = BenchmarkConfig.model_validate(
        {
            "name": "b",
            "base": [str(ROOT / "configs/tiny.yaml")],
            "settings": {
                "corpus": corpus,
                "tokenizer": {"vocab_size": 300},
                "training": {"stage_one": {"steps": 4}},
            },
            "methods": [
                {
                    "method": str(ROOT / "configs/methods/gaussian.yaml"),
                    "choose": {"model.code_noise": [0.1, 0.5]},
                }
            ],
            "evaluation": small.model_dump(),
        }
    )
    benchmarks.Benchmark(config, tmp_path, tmp_path, tmp_path, lambda line: None).run()
    assert seen == ["valid", "valid", "test"]


def test_judges_say_who_they_are(space, judges, small, test_texts):
    """DAAE never gives the settings of its language model, so nobody got its figures again."""
    config = small.model_copy(update={"lms": ("ngrams", "recurrent")})
    row = yardsticks(test_texts, judges, config)[0]
    assert row["forward"]["ngrams"]["lm"].startswith("kn5|vocab:")
    assert {"lstm256", "seed:0"} <= set(row["forward"]["recurrent"]["lm"].split("|"))
    assert "subset:" in row["diversity"]["signature"]
    evidence = evaluate(space, HeldOut("c", "test", test_texts), small, judges).evidence
    assert evidence["evaluation"] == json.loads(small.model_dump_json())


def test_rows_of_real_text_are_those_of_the_sentences_at_hand(judges, small, test_texts):
    """A row kept for one file must not be shown for another of as many sentences."""
    others = judges.corpus.valid.texts()
    assert len(others) == len(test_texts)
    rows = [yardsticks(texts, judges, small)[0] for texts in (test_texts, others, test_texts)]
    assert rows[0] == rows[2] != rows[1]


def test_a_reverse_model_knows_the_vocabulary_of_real_text(judges, test_texts):
    """kenlm#67: a model of few samples has no probability for words it never saw."""
    poor = judges.reverse("ngrams", ["the cook ."] * 30)
    assert poor.vocabulary == judges.ngrams.vocabulary
    score, real = (model.perplexity(test_texts) for model in (poor, judges.ngrams))
    assert np.isfinite(score.value) and score.unknown == real.unknown


def test_unknown_words_are_no_free_hits():
    """Bahuleyan's references are rebuilt from ids, where UNK equals UNK."""
    text, other = "we ate zqx today .", "we ate vwy today ."
    assert reconstruction([text], [other]).exact_match == 0
    assert reconstruction([text], [text.replace("zqx", "<unk>")]).bleu < 100
    model = NGramModel.train(["a b", "a b", "a c"], order=2, vocabulary=("a", "b"))
    assert model.perplexity(["a zqx"]).unknown == 1


def test_references_are_never_cut(space):
    """… and they are cut to 20 tokens, so that what is lost at the end costs nothing."""
    whole = "one two three four five six seven eight"
    assert reconstruction([whole], ["one two three four"]).bleu < 50
    rows = reconstruction_rows(Encoded(space, ["the cook was kind and quick " * 3 + "."]))
    assert rows[0]["edit_distance"] == 0 and rows[1]["n"] == 1


def test_beams_have_rows_of_their_own_beside_the_greedy_ones(space, test_texts):
    """… and the best of many decodings is reported as the model's reconstruction."""
    texts = test_texts[:30]
    greedy = reconstruction_rows(Encoded(space, texts))
    rows = reconstruction_rows(Encoded(space, texts), beams=3)
    assert rows[: len(greedy)] == greedy
    last = greedy[-1]["through"]
    more = {f"{last}, 3 beams": False, f"{last}, 3 beams, reranked": True}
    assert [row["through"] for row in rows[len(greedy) :]] == list(more)
    for row, rerank in zip(rows[len(greedy) :], more.values(), strict=True):
        said = space.reconstruct(texts, decoding=Decoding(beams=3, rerank=rerank))
        assert row["bleu"] == reconstruction(texts, said).bleu


@pytest.mark.parametrize("n", [1, 7, 19])
def test_no_sentence_is_dropped_with_a_last_batch(space, judges, test_texts, n):
    """… and the last batch is dropped where it is not full."""
    texts = test_texts[:n]
    assert len(space.reconstruct(texts, batch_size=4)) == n
    assert all(row["n"] == n for row in reconstruction_rows(Encoded(space, texts)))


def test_as_many_samples_as_were_asked_for(space, judges, small, test_texts):
    """… and 3 × 128 samples stand for the 100,000 that the comment recommends."""
    rows, _ = sample_rows(space, test_texts, judges, small)
    assert rows[-1]["n"] == rows[-1]["forward"]["ngrams"]["n"] == small.samples == 120


def test_codes_are_means_where_the_encoder_is_stochastic(sentences):
    """… and reconstruction is scored from a noisy draw unless a flag says otherwise."""
    vae, corpus = untrained_vae(sentences)
    texts = corpus.valid.texts()[:8]
    assert torch.equal(vae.encode(texts), vae.encode(texts))


def test_likelihood_is_divided_by_words_and_ends(sentences, small):
    """Peers divide the same bound by words, by words and ends, or by pieces."""
    vae, corpus = untrained_vae(sentences)
    texts = corpus.valid.texts()[:5]
    found = likelihood(vae, texts, small.model_copy(update={"likelihood_samples": 3}))
    assert found["words"] == words_and_ends(texts)
    assert "samples:3" in found["lm"]


def test_words_that_the_reference_lacks_are_counted_where_they_are_skipped():
    """Unigram KL skips them in silence: pure nonsense then diverges by nothing."""
    found = diversity(["zqx vwy", "a b"], ["a b", "a b"])
    assert found.skipped == pytest.approx(0.5)


def test_bleu_names_its_smoothing_and_order():
    """iVAE averages 3-gram sentence BLEU with method 7 and calls it BLEU."""
    found = reconstruction(["a b c d e f", "a b"], ["a b c x e f", "a c"])
    assert "smooth:exp" in found.signature and "eff:no" in found.signature
    assert found.sentence_bleu != found.bleu and "eff:yes" in found.sentence_signature


def test_copying_and_people_stand_beside_every_system():
    """Copying the input has the best reference BLEU of all systems on Yelp."""
    sources = ["the food was bad .", "the cook was rude to us ."]
    humans = [
        ["the food was good .", "good food here ."],
        ["the cook was nice to us .", "a nice cook ."],
    ]
    rows = transfer_table(
        {"ours": ["it was good .", "a cook ."]},
        sources,
        humans,
        ["1", "1"],
        {"always": lambda texts: ["1"] * len(texts)},
    )
    names = [row.name for row in rows]
    assert names == ["copy", "human 0", "human 1", "ours"]
    assert all(row.self_bleu.corpus is not None for row in rows)
    with pytest.raises(Exception, match="always there"):
        transfer_table({"copy": sources}, sources, humans, ["1", "1"], {})


def test_a_weight_means_the_same_for_every_length_of_sentence():
    """WAE takes the mean over tokens and DAAE the sum, so their λ cannot be exchanged.

    Here everything beside the cross-entropy is in its unit, nats a token.
    """
    from swae_text.config import ModelConfig
    from swae_text.corpora.tokenizer import EOS

    size = {"kind": "transformer", "width": 16, "layers": 1, "heads": 2}
    tree = {"encoder": size, "decoder": size, "code_dim": 4, "slots": 2, "normalise": False}
    tree |= {"code_noise": 0.0, "regulariser": {"kind": "kl", "weight": 0.5, "anneal": 0.0}}
    torch.manual_seed(0)
    vae = SentenceAutoencoder(ModelConfig.model_validate(tree), 20)
    for length in (3, 9):
        tokens = torch.full((4, length), 7)
        tokens[:, -1] = EOS
        loss = vae.loss(tokens, generator=torch.Generator().manual_seed(0))
        expected = loss.cross_entropy + 0.5 * loss.divergence / length
        torch.testing.assert_close(loss.total, expected)


def test_held_out_sentences_that_training_has_are_dropped(judges):
    """A tenth of a usual Yelp test file stands word for word in its own training file."""
    assert judges.corpus.report["splits"]["test"].keys() >= {"in_training"}
    assert not set(judges.corpus.test.texts()) & set(judges.train_texts)


def test_rare_words_are_unknown_by_one_rule_everywhere(judges):
    """Which words count as unknown changes a perplexity by a factor; it is printed with it."""
    counts: dict[str, int] = {}
    for text in judges.train_texts:
        for word in text.split():
            counts[word] = counts.get(word, 0) + 1
    known = {word for word, count in counts.items() if count >= MIN_COUNT}
    assert set(judges.vocabulary) == known
    assert dataclasses.asdict(judges.ngrams.perplexity(["zqx"]))["unknown"] == 1
