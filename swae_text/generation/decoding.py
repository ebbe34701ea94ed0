"""Greedy decoding and sampling: ``x̂_t = argmax p(· | x̂_<t, c)``, or a draw from a cut of it.

Temperature sharpens or flattens the distribution, top-k keeps the likeliest ``k`` tokens (Fan et
al., 2018), top-p the smallest set whose mass reaches ``p`` (Holtzman et al., 2020), min-p those at
least ``p`` times as likely as the likeliest (Nguyen et al., 2024). ``beam.py`` searches instead.

A noise level s says how far the code is from one that a sentence has: ``ĉ ← √(1 + s²) √C ĉ / |ĉ|``,
as long as a code of training is under such noise. From the length the decoder reads how far to
trust the code (noise conditioning augmentation; Ho et al., 2022, "Cascaded diffusion models", §4).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swae_text.config import SamplingConfig
from swae_text.corpora.tokenizer import BOS, EOS, PAD
from swae_text.errors import ConfigError, ModelFolderError
from swae_text.generation.banned import BEGIN, BannedWords, look_ahead
from swae_text.generation.guidance import Writer
from swae_text.models.autoencoder import SentenceAutoencoder
from swae_text.nn.base import DecoderState


@dataclass(frozen=True)
class Decoding:
    """How a code is written out: greedy unless it says otherwise.

    Attributes:
        temperature: 0 is greedy; 1 draws from the model's own distribution.
        top_k: draw among this many tokens; 0 is all of them.
        top_p: draw among the likeliest tokens that hold this much probability, in (0, 1].
        min_p: draw among tokens with this share of the likeliest one's probability, in [0, 1].
        beams: prefixes that a beam search keeps; 1 searches nothing. It draws nothing either.
        length_penalty: the α of ``beam.py``, at least 0.
        rerank: encode what the beam has found, and take the sentence nearest to the vector wanted.
        banned: words or phrases that no sentence holds (``banned.py`` says what a word is). Greedy
            sentences without them stay as they are.
        required: words or phrases that every sentence holds; needs beams (``required.py``).
        noise_level: code noise that the decoder is told of, at least 0; 0 leaves a code as it is.
            For codes that no sentence has, as samples are; to be chosen on validation sentences.
        guidance: the γ of ``guidance.py``, at least 0: below 1 plainer English, above 1 closer to
            the code. Other than 1 it needs a model with ``model.code_dropout``.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    beams: int = 1
    length_penalty: float = 1.0
    rerank: bool = False
    banned: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    noise_level: float = 0.0
    guidance: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises:
            ConfigError: a number out of its range, or a combination that has no effect.
        """
        rules = {
            f"temperature={self.temperature}: give 0 or more": self.temperature >= 0,
            f"top_k={self.top_k}: give 0 or more": self.top_k >= 0,
            f"top_p={self.top_p}: give a number above 0 and at most 1": 0 < self.top_p <= 1,
            f"min_p={self.min_p}: give a number from 0 to 1": 0 <= self.min_p <= 1,
            f"beams={self.beams}: give 1 or more": self.beams >= 1,
            f"length_penalty={self.length_penalty}: give 0 or more": self.length_penalty >= 0,
            f"noise_level={self.noise_level}: give 0 or more": 0 <= self.noise_level < math.inf,
            f"guidance={self.guidance}: give 0 or more": 0 <= self.guidance < math.inf,
            "a beam search draws nothing: leave out temperature or beams": self.beams == 1
            or not self.temperature,
            "rerank chooses among beams: give beams=2 or more": self.beams > 1 or not self.rerank,
            "required words are searched for: give beams=2 or more": self.beams > 1
            or not self.required,
            f"banned={self.banned!r}: give a tuple of words": isinstance(self.banned, tuple),
            f"required={self.required!r}: give a tuple of words": isinstance(self.required, tuple),
        }
        for rule, holds in rules.items():
            if not holds:
                raise ConfigError(rule)


def as_drawn(how: SamplingConfig, decoding: Decoding | None = None) -> Decoding:
    """What the settings of sampling say of decoding, over what else is asked for."""
    told = replace(decoding or Decoding(), noise_level=how.noise_level, guidance=how.guidance)
    if how.search > 1:
        return replace(told, beams=how.search)
    return replace(told, temperature=how.temperature, min_p=how.min_p)


@torch.inference_mode()
def generate(
    model: SentenceAutoencoder,
    code: Float[Tensor, "batch code"],
    decoding: Decoding | None = None,
    generator: torch.Generator | None = None,
    banned: BannedWords | None = None,
) -> list[list[int]]:
    """Write one sentence for each code.

    Rows that have ended leave the batch, so that a batch costs what its sentences cost.

    Args:
        model: stage one, in evaluation mode.
        code: one row a sentence.
        decoding: how tokens are chosen; greedy when left out.
        generator: randomness of the draws; unused when greedy.
        banned: the words of ``decoding.banned``, ready for the model's pieces.

    Returns:
        Tokens of each sentence without begin and end; at most ``max_tokens - 1`` of them.
    """
    decoding = decoding or Decoding()
    sentences: list[list[int]] = [[] for _ in range(len(code))]
    rows = torch.arange(len(code), device=code.device)
    tokens = torch.full_like(rows, BOS)
    writer = Writer(model, decoding.guidance)
    state = writer.start(code)
    texts, longest = [BEGIN] * len(code), model.config.max_tokens
    for length in range(1, longest + 1):
        logits, state = writer.step(tokens, state)
        if banned is None or length == longest:  # the last token is the end or is cut off
            tokens = choose(logits, decoding, generator)
        else:
            here = [texts[row] for row in rows.tolist()]
            tokens = _unbanned(writer, state, logits, here, banned, decoding, generator)
        going = tokens != EOS
        if not going.all():
            rows, tokens, state = rows[going], tokens[going], [part[going] for part in state]
        if not len(rows):
            break
        for row, token in zip(rows.tolist(), tokens.tolist(), strict=True):
            sentences[row].append(token)
            if banned is not None:
                texts[row] = banned.after(texts[row], token)
    sentences = [sentence[: longest - 1] for sentence in sentences]
    return sentences if banned is None else [banned.cut(sentence) for sentence in sentences]


def choose(
    logits: Float[Tensor, "batch vocab"], decoding: Decoding, generator: torch.Generator | None
) -> Int[Tensor, " batch"]:
    """Pick the next token of every row; padding and begin-of-sentence are never picked.

    Raises:
        ModelFolderError: the weights are such that scores overflow.
    """
    logits = logits.clone()
    logits[:, [PAD, BOS]] = -torch.inf
    highest, likeliest = logits.max(-1)
    if not bool((highest < torch.inf).all()):  # it is NaN where any score is
        raise ModelFolderError("scores of words overflow: use another model")
    if decoding.temperature == 0:
        return likeliest
    logits = logits / decoding.temperature
    if decoding.min_p:
        least = logits.amax(-1, keepdim=True) + math.log(decoding.min_p)
        logits = logits.masked_fill(logits < least, -torch.inf)
    if decoding.top_k:
        weakest = logits.topk(min(decoding.top_k, logits.shape[1])).values[:, -1:]
        logits = logits.masked_fill(logits < weakest, -torch.inf)
    if decoding.top_p < 1:
        ordered, order = logits.sort(descending=True)
        before = ordered.softmax(-1).cumsum(-1) - ordered.softmax(-1)
        logits = logits.masked_fill(
            (before >= decoding.top_p).gather(1, order.argsort(-1)), -torch.inf
        )
    return torch.multinomial(logits.softmax(-1), 1, generator=generator)[:, 0]


def _unbanned(
    writer: Writer,
    state: DecoderState,
    logits: Float[Tensor, "batch vocab"],
    texts: Sequence[str],
    banned: BannedWords,
    decoding: Decoding,
    generator: torch.Generator | None,
) -> Int[Tensor, " batch"]:
    """Pick the next token of every row after its text, and another where a banned word would be.

    A token that leaves a banned word open at the end is kept where what the same choice would pick
    next goes on with that word.
    """
    logits = logits.masked_fill(banned.forbidden(texts).to(logits.device), -torch.inf)
    tokens = choose(logits, decoding, generator)
    unsure = list(range(len(tokens)))
    while unsure := [row for row in unsure if banned.leaves_open(texts[row], int(tokens[row]))]:
        rows = torch.as_tensor(unsure, device=tokens.device)
        scores = look_ahead(writer, state, rows, tokens[rows])
        following = choose(scores, decoding, generator).tolist()
        unsure = [
            row
            for row, token in zip(unsure, following, strict=True)
            if banned.ends(banned.after(texts[row], int(tokens[row])), token)
        ]
        rows = torch.as_tensor(unsure, dtype=torch.long, device=tokens.device)
        logits[rows, tokens[rows]] = -torch.inf
        tokens[rows] = choose(logits[rows], decoding, generator)
    return tokens
