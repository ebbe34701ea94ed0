"""How much of a held-out sentence comes back, through each stage; and its likelihood.

The row ``copy`` gives the input back: the ceiling of every other row.
"""

from collections.abc import Sequence
from typing import Any

import torch

from swae_text.corpora.batching import pad
from swae_text.evaluation.held_out import Encoded
from swae_text.evaluation.settings import EvaluationConfig
from swae_text.generation.candidates import Candidate
from swae_text.generation.decoding import Decoding
from swae_text.metrics.likelihood import importance_weighted
from swae_text.metrics.perplexity import perplexity
from swae_text.metrics.reconstruction import reconstruction
from swae_text.space import SentenceSpace

_CHUNK = 64


def reconstruction_rows(
    encoded: Encoded, *, teacher_forcing: bool = True, beams: int = 1
) -> list[dict[str, Any]]:
    """``copy``, ``stage one`` and, where it is trained, ``both stages``; greedy.

    With two ``beams`` or more also what they find on the whole way, and of that the sentence that
    is nearest when it is encoded again.
    """
    space, texts = encoded.space, encoded.texts
    rows = [{"through": "copy", **reconstruction(texts, texts).to_dict(), "token_accuracy": None}]
    codes = {"stage one": encoded.codes}
    if space.stage_two is not None:
        codes["both stages"] = encoded.returned
    for name, code in codes.items():
        score = reconstruction(texts, space.decode(code, space="code")).to_dict()
        accuracy = space.token_accuracy(texts, code, space="code") if teacher_forcing else None
        rows.append({"through": name, **score, "token_accuracy": accuracy})
    if beams > 1:  # one search for both: each candidate knows its score and its distance
        found = space.candidates(code, Decoding(beams=beams, rerank=True), space="code")
        searched = {
            f"{name}, {beams} beams": [max(row, key=_score).text for row in found],
            f"{name}, {beams} beams, reranked": [nearest.text for nearest, *_ in found],
        }
        for through, said in searched.items():
            row = reconstruction(texts, said).to_dict()
            rows.append({"through": through, **row, "token_accuracy": None})
    return rows


def _score(candidate: Candidate) -> float:
    return candidate.score


def has_density(space: SentenceSpace) -> bool:
    """Whether the sentences have a likelihood: stochastic codes, and a prior they meet."""
    return space.config.model.stochastic and space.stage_two is None and space.prior is not None


def likelihood(
    space: SentenceSpace, texts: Sequence[str], config: EvaluationConfig
) -> dict[str, Any]:
    """Perplexity a word by the importance-weighted bound, on the first few sentences."""
    texts = texts[: config.likelihood_sentences]
    random = torch.Generator(space.device).manual_seed(config.seed)
    tokens = space.tokenise(texts)
    bounds: list[float] = []
    for start in range(0, len(tokens), _CHUNK):
        bounds += importance_weighted(
            space.autoencoder,
            pad(tokens[start : start + _CHUNK]).to(space.device),
            samples=config.likelihood_samples,
            generator=random,
        ).tolist()
    name = f"iw|samples:{config.likelihood_samples}|seed:{config.seed}"
    return perplexity(torch.tensor(bounds).double().numpy(), texts, 0, name).to_dict()
