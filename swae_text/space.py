"""``SentenceSpace``: what users hold. Sentences go in, vectors come out, and back.

    x ──encode──▶ c ──(stage two)──▶ z        z ──(stage two)──▶ ĉ ──decode──▶ x̂

The space ``"latent"`` is stage two's ``z``, where latent operations happen by default; the space
``"code"`` is stage one's ``c``.
"""

import math
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from swae_text.config import RunConfig, SamplingConfig
from swae_text.corpora.batching import by_length, pad
from swae_text.corpora.cleaning import normalise
from swae_text.corpora.tokenizer import Tokenizer
from swae_text.errors import ConfigError, CorpusError, ModelFolderError
from swae_text.folder import ModelParts, read_folder, write_folder
from swae_text.generation.candidates import Candidate, likeliest, nearest
from swae_text.generation.chain import walk
from swae_text.generation.constraints import Constraints, constraints
from swae_text.generation.decoding import Decoding, as_drawn, generate
from swae_text.generation.marginal import best_of, likelihood, log_marginal, slor
from swae_text.hub import push
from swae_text.latent.edits import LEASH, Edit, Goal, choose, trimmed, uphill
from swae_text.latent.interpolation import PathKind, interpolate_through
from swae_text.latent.region import Region
from swae_text.models.autoencoder import SentenceAutoencoder, noised
from swae_text.models.code_model import CodeModel
from swae_text.models.priors import Prior
from swae_text.names import JudgeName, PrecisionName, SpaceName
from swae_text.nn.kernels import keep_few_kernels
from swae_text.pretrained import find_model

T = TypeVar("T")
GREEDY = Decoding()
BLIND = 4
"""Codes under noise by which sentences are judged as if there were none."""
BETWEEN = 0.5
"""Guidance between sentences, where no code of a sentence is (docs/moving.md)."""
EDITED = 0.6
"""The same of edits, of which more words are to stay."""


@dataclass(frozen=True)
class Interpolation:
    """A path between sentences.

    Attributes:
        t: position of each step: 0 at the first sentence, 1 at the second, and so on.
        texts: what each step decodes to.
        z: the points themselves, ``[steps, dim]``.
    """

    t: list[float]
    texts: list[str]
    z: Float[Tensor, "steps dim"]


class SentenceSpace:
    """Tokenizer, stage one and (where trained) stage two, as one text ↔ vector object.

    Args:
        config: the run that made it; its corpus settings say how input text is normalised.
        tokenizer: trained on the training split.
        autoencoder: stage one.
        stage_two: the map between codes and latents, or None.
        labels: names of the corpus's labels, in the order of the mixture's components.
        precision: of the weights that take the time. They are changed to it.

    Raises:
        ConfigError: int8 elsewhere than on a CPU that PyTorch has kernels for.
    """

    def __init__(
        self,
        config: RunConfig,
        tokenizer: Tokenizer,
        autoencoder: SentenceAutoencoder,
        stage_two: CodeModel | None = None,
        labels: tuple[str, ...] = (),
        precision: PrecisionName = "float32",
    ) -> None:
        self.config = config
        self.tokenizer = tokenizer
        self.autoencoder = autoencoder.eval()
        self.stage_two = stage_two.eval() if stage_two is not None else None
        self.labels = labels
        self.precision = precision
        if precision == "int8" and self.device.type != "cpu":
            raise ConfigError(f"int8 is for a CPU, not {self.device.type}: choose bfloat16")
        autoencoder.multiply_in(precision)
        if stage_two is not None:
            stage_two.multiply_in(precision)

    @classmethod
    def from_pretrained(
        cls,
        path: str | Path,
        device: str = "cpu",
        *,
        precision: PrecisionName = "float32",
        revision: str | None = None,
    ) -> "SentenceSpace":
        """Read a model: of a folder, of the package by its name, or ``owner/name`` of the hub.

        Args:
            path: any of these.
            device: where its weights go, as PyTorch names it: ``cpu``, ``cuda:1``, ``mps``.
            precision: of the weights that take the time. int8 is the fastest on a CPU, bfloat16
                is faster where the processor has it; both change a word here and there, and
                vectors are float32 all the same.
            revision: branch, tag or commit, of a model on the hub.

        Raises:
            ConfigError: no such device is here; or int8 elsewhere than on a CPU that PyTorch has
                kernels for.
            ModelFolderError: a part is missing or damaged, another version wrote it, or the hub
                has no such model or cannot be reached.
        """
        keep_few_kernels()
        _check_device(device)
        parts = read_folder(find_model(path, revision))
        for stage in (parts.autoencoder, parts.stage_two):
            if stage is not None:
                stage.to(device)
        return cls(*parts, precision=precision)

    def save_pretrained(
        self, path: str | Path, *, half: bool = False, card: str | None = None
    ) -> None:
        """Write a model folder; each file appears whole or not at all.

        Args:
            path: the folder.
            half: whether matrices are kept in half precision: half the size, hardly a word changed.
            card: its README.md. None: a short one.

        Raises:
            ConfigError: the weights were opened in another precision, which has lost some of them.
        """
        if self.precision != "float32":
            raise ConfigError(
                f"this model was opened in {self.precision}: open it in float32 to write it"
            )
        parts = (self.config, self.tokenizer, self.autoencoder, self.stage_two, self.labels)
        write_folder(ModelParts(*parts), Path(path), half=half, card=card)

    def push_to_hub(
        self, name: str, *, half: bool = False, card: str | None = None, private: bool = False
    ) -> str:
        """Write a model folder and upload it to the hub; gives its address there.

        Args:
            name: ``owner/name``; made if there is none.
            half: as in ``save_pretrained``.
            card: likewise.
            private: whether a new one is hidden from others.

        Raises:
            ModelFolderError: the hub refuses, or cannot be reached.
        """
        with tempfile.TemporaryDirectory() as folder:
            self.save_pretrained(folder, half=half, card=card)
            return push(Path(folder), name, private=private)

    @property
    def device(self) -> torch.device:
        """Where the weights are, and where vectors come out."""
        return self.autoencoder.embedding.weight.device

    @property
    def default_space(self) -> SpaceName:
        """``latent`` where stage two is trained, else ``code``."""
        return "code" if self.stage_two is None else "latent"

    @property
    def prior(self) -> Prior | None:
        """What vectors of the default space were drawn to; None where that has no density."""
        if self.stage_two is not None:
            return self.stage_two.prior
        config, prior = self.config.model, self.autoencoder.prior
        free = config.regulariser.kind == "none" or config.normalise  # of one length: a sphere
        return None if free or not isinstance(prior, Prior) else prior

    def dim(self, space: SpaceName | None = None) -> int:
        """Numbers in a vector of the space."""
        return self._stage_two().latent_dim if self._is_latent(space) else self._code_dim

    @torch.inference_mode()
    def encode(
        self, texts: str | Sequence[str], *, space: SpaceName | None = None, batch_size: int = 64
    ) -> Float[Tensor, "sentences dim"]:
        """Sentences to vectors, one row each, in order; a single string gives one row.

        Raises:
            CorpusError: a sentence has more pieces than the model reads.
            ModelFolderError: the weights are such that vectors overflow.
        """
        tokens = self.tokenise(texts)
        codes = torch.empty(len(tokens), self._code_dim, device=self.device)
        for rows in by_length(tokens, batch_size):
            batch = pad([tokens[row] for row in rows]).to(self.device)
            codes[torch.as_tensor(rows)] = self.autoencoder.encode(batch)
        return _finite(self.to_space(codes, space))

    @torch.inference_mode()
    def decode(
        self,
        z: Tensor,
        *,
        space: SpaceName | None = None,
        decoding: Decoding = GREEDY,
        generator: torch.Generator | None = None,
        batch_size: int = 256,
    ) -> list[str]:
        """Vectors ``[sentences, dim]`` to sentences: greedy, drawn or searched (``Decoding``).

        Raises:
            ConfigError: the vectors have not as many numbers as the space, or no sentence can hold
                the words that are required and none that is banned.
        """
        if decoding.beams > 1:
            found = self.candidates(z, decoding, space=space, batch_size=batch_size)
            return [best.text for best, *_ in found]
        codes = _finite(self._to_write(self._checked(z, space), space, decoding))
        banned = self._constraints(decoding).banned
        sentences: list[list[int]] = []
        for part in torch.split(codes, batch_size):
            sentences += generate(self.autoencoder, part, decoding, generator, banned)
        return self.tokenizer.decode(sentences)

    @torch.inference_mode()
    def candidates(
        self,
        z: Tensor,
        decoding: Decoding,
        *,
        space: SpaceName | None = None,
        batch_size: int = 256,
    ) -> list[list[Candidate]]:
        """All that a beam search finds for each vector: the likeliest first, or the nearest.

        Raises:
            ConfigError: as ``decode``.
        """
        z, rules = self._checked(z, space), self._constraints(decoding)
        codes = _finite(self._to_write(z, space, decoding))
        found: list[list[Candidate]] = []
        for part in torch.split(codes, max(1, batch_size // decoding.beams)):
            found += likeliest(self.autoencoder, self.tokenizer, part, decoding, rules)
        if not decoding.rerank:
            return found
        fits = self.fits([candidate.text for row in found for candidate in row])
        return nearest(found, z, fits, lambda texts: self.encode(texts, space=space))

    def reconstruct(
        self,
        texts: str | Sequence[str],
        *,
        space: SpaceName | None = None,
        decoding: Decoding = GREEDY,
        batch_size: int = 256,
    ) -> list[str]:
        """Encode and decode again."""
        z = self.encode(texts, space=space, batch_size=batch_size)
        return self.decode(z, space=space, decoding=decoding, batch_size=batch_size)

    def interpolate(
        self,
        *sentences: str,
        steps: int = 7,
        path: PathKind = "linear",
        space: SpaceName | None = None,
        decoding: Decoding | None = None,
    ) -> Interpolation:
        """Walk from one sentence to the next, ``steps`` points from each to the one after it.

        What ``decoding`` is without one, ``decode_paths`` says.

        Raises:
            ConfigError: fewer than two sentences or two steps.
        """
        z = interpolate_through(self.encode(sentences, space=space), steps, path)
        t = [step / (steps - 1) for step in range(len(z))]
        return Interpolation(t, self.decode_paths([z], steps, space=space, decoding=decoding), z)

    @property
    def between(self) -> float:
        """Guidance of what lies between sentences, unless told otherwise."""
        return BETWEEN if self.config.model.code_dropout else 1.0

    @property
    def edited(self) -> float:
        """Guidance of what is met on the way to an edit, unless told otherwise."""
        return EDITED if self.config.model.code_dropout else 1.0

    def decode_paths(
        self,
        paths: Sequence[Tensor],
        steps: int,
        *,
        space: SpaceName | None = None,
        decoding: Decoding | None = None,
    ) -> list[str]:
        """Write out the points of paths with so many steps between sentences, one after another.

        ``noise_level`` and ``guidance`` are of the points between: those of sentences are codes.
        Without ``decoding``: greedily, under ``between``.
        """
        decoding = decoding or Decoding(guidance=self.between)
        z, plain = torch.cat(list(paths)), replace(decoding, noise_level=0.0, guidance=1.0)
        if decoding == plain:
            return self.decode(z, space=space, decoding=plain)
        places = [place for path in paths for place in range(len(path))]
        known = torch.tensor([place % (steps - 1) == 0 for place in places], dtype=torch.bool)
        ends = iter(self.decode(z[known], space=space, decoding=plain))
        between = iter(self.decode(z[~known], space=space, decoding=decoding))
        return [next(ends if end else between) for end in known]

    def edit(
        self,
        texts: Sequence[str],
        goals: Sequence[Goal],
        *,
        space: SpaceName | None = None,
        decoding: Decoding | None = None,
        confidence: float = 0.9,
        leash: float = LEASH,
        merged: bool = True,
    ) -> list[Edit]:
        """Change sentences until every goal is met; see ``latent/edits.py``.

        Args:
            texts: the sentences.
            goals: ``AttributeVector.goal(label)`` for instance, of attributes fitted in ``space``.
            space: where the goals read and the steps are taken.
            decoding: how points on the way are written out; all that beams find is looked at. Its
                banned and required words are those of what is chosen. None: greedily, under
                ``edited``.
            confidence: probability of each goal that is enough, in (0, 1).
            leash: the longest way, as a share of the length of the vectors.
            merged: whether the words of each sentence are kept where an edit need not change them.

        Raises:
            CorpusError: a sentence has more pieces than the model reads.
            ConfigError: a confidence outside (0, 1), or a leash below 0 or without an end.
        """
        (edits,) = self.edits(
            texts,
            goals,
            [confidence],
            space=space,
            decoding=decoding,
            leash=leash,
            merged=merged,
        ).values()
        return edits

    def edits(
        self,
        texts: Sequence[str],
        goals: Sequence[Goal],
        confidences: Sequence[float],
        *,
        space: SpaceName | None = None,
        decoding: Decoding | None = None,
        leash: float = LEASH,
        merged: bool = True,
    ) -> dict[float, list[Edit]]:
        """The same for several confidences, at about the cost of the highest."""
        decoding = decoding or Decoding(guidance=self.edited)

        def propose(z: Tensor) -> list[list[str]]:
            if decoding.beams == 1:
                return [[text] for text in self.decode(z, space=space, decoding=decoding)]
            beams = self.candidates(z, replace(decoding, rerank=False), space=space)
            return [[candidate.text for candidate in row] for row in beams]

        def encode(said: list[str]) -> Tensor:
            return self.encode(said, space=space)

        def allowed(said: list[str]) -> list[bool]:
            pairs = zip(said, self.fits(said), strict=True)
            return [fit and rules.kept_in(text) for text, fit in pairs]

        rules = self._constraints(decoding)
        said = uphill(
            [normalise(text, self.config.corpus) for text in texts],
            goals,
            propose=propose,
            encode=encode,
            tokenise=self.pieces,
            allowed=allowed,
            slots=self.slots(space),
            confidence=max(confidences, default=0.0),
            leash=leash,
            merged=merged,
        )
        made = {}
        for confidence in confidences:
            found = said
            if merged:
                found = trimmed(
                    said,
                    goals,
                    encode=encode,
                    tokenise=self.pieces,
                    allowed=allowed,
                    confidence=confidence,
                )
            # who says it already, in words that are allowed, is left as it was written
            asked = zip(texts, found, strict=True)
            own = [[replace(source, text=text), *more] for text, (source, *more) in asked]
            made[confidence] = [choose(one, confidence) for one in own]
        return made

    def slots(self, space: SpaceName | None = None) -> int:
        """Parts of a vector that the decoder reads one by one; a latent is read as a whole."""
        return 1 if self._is_latent(space) else self.config.model.slots

    @torch.inference_mode()
    def sample(
        self,
        n: int,
        *,
        seed: int = 0,
        label: str | None = None,
        sampling: SamplingConfig | None = None,
        decoding: Decoding | None = None,
    ) -> list[str]:
        """``z ~ prior → ĉ → x̂``, and on from there (``generation/marginal.py``, ``chain.py``).

        Args:
            n: how many.
            seed: the same seed draws the same sentences.
            label: only this label's part of the prior.
            sampling: how they are drawn. None: as the model's settings say.
            decoding: how codes are written, in place of what ``sampling`` says of it.

        Raises:
            ConfigError: the model has no prior, or none with a component for the label; or noise
                on codes of any length.
        """
        how = sampling or self.config.sampling
        decoding = decoding or as_drawn(how)
        if how.noise and not self.config.model.normalise:
            raise ConfigError(
                "noise: this model's codes are not of one length (model.normalise), by which it "
                "could be measured: leave it out"
            )
        generator = torch.Generator(self.device).manual_seed(seed)
        several = how.best_of if how.noise or decoding.temperature else 1

        def write(codes: Tensor) -> list[str]:
            codes = codes.repeat_interleave(several, 0)
            codes = noised(codes, how.noise, generator) if how.noise else codes
            texts = self.decode(codes, space="code", decoding=decoding, generator=generator)
            if several == 1:
                return texts
            return best_of(texts, self._scores(texts, how.best_by), several)

        z = self.sample_vectors(n, generator=generator, label=label, deviation=how.deviation)

        def again(texts: list[str]) -> list[str | None]:
            return self.for_readable(texts, lambda read: write(self.encode(read, space="code")))

        return walk(write(self.to_codes(z, None)), how.rounds, again)

    @torch.inference_mode()
    def sample_vectors(
        self,
        n: int,
        *,
        generator: torch.Generator,
        label: str | None = None,
        deviation: float = 1.0,
    ) -> Float[Tensor, "n dim"]:
        """Draw from the prior of the default space: of stage two, or of a regularised stage one.

        Args:
            n: how many.
            generator: of the draws.
            label: only this label's part of the prior.
            deviation: multiplies the prior's own, above 0. Below 1 are plainer and shorter
                sentences, above 1 more of what there is; 1 is the prior.

        Raises:
            ConfigError: the model has no prior, or none with a component for the label; or a
                deviation that is not above 0, or that changes nothing.
        """
        if not 0 < deviation < math.inf:
            raise ConfigError(f"deviation={deviation}: give a number above 0")
        labels = None if label is None else torch.full((n,), self._component(label))
        if self.stage_two is None:
            return self.autoencoder.sample(n, generator=generator, deviation=deviation)
        return self.stage_two.sample(n, generator=generator, labels=labels, deviation=deviation)

    @torch.inference_mode()
    def typicality(
        self, z: Tensor, *, space: SpaceName | None = None
    ) -> Float[Tensor, " sentences"] | None:
        """Share of the prior's draws that are less likely than each vector (``latent/region.py``).

        In [0, 1], uniform for draws; near 0 is outside of what the model knows, near 1 common and
        plain. Codes are judged as the latents that they are. None where no prior with a density
        stands for the vectors.

        Raises:
            ConfigError: the vectors have not as many numbers as the space.
        """
        z = self._checked(z, space)
        if self._region is None:
            return None
        if self.stage_two is not None and not self._is_latent(space):
            z = self.stage_two.encode(z)
        return self._region.typicality(z)

    @torch.inference_mode()
    def token_accuracy(
        self,
        texts: Sequence[str],
        z: Tensor,
        *,
        space: SpaceName | None = None,
        batch_size: int = 256,
    ) -> float:
        """Share of pieces (with end of sentence) told rightly from ``z`` and the pieces before."""
        tokens, right, total = self.tokenise(texts), 0, 0
        codes = self.to_codes(z, space)
        for rows in by_length(tokens, batch_size):
            batch = pad([tokens[row] for row in rows]).to(self.device)
            logits, targets = self.autoencoder.teacher_forced(codes[torch.as_tensor(rows)], batch)
            right += int((logits.argmax(-1) == targets).sum())
            total += targets.numel()
        return right / max(total, 1)

    def tokenise(self, texts: str | Sequence[str]) -> list[np.ndarray]:
        """Normalised sentences as pieces with their end.

        Raises:
            CorpusError: a sentence has more pieces than the model reads.
        """
        texts = [texts] if isinstance(texts, str) else texts
        tokens = [np.asarray(pieces, dtype=np.int32) for pieces in self.pieces(texts)]
        longest = self.config.model.max_tokens
        for number, pieces in enumerate(tokens, start=1):
            if len(pieces) > longest:
                raise CorpusError(
                    f"sentence {number} ({texts[number - 1][:40]!r}…) is longer than the "
                    f"{longest} pieces that this model reads: shorten it"
                )
        return tokens

    def fits(self, texts: Sequence[str]) -> list[bool]:
        """Whether each sentence is short enough for this model to read."""
        return [len(pieces) <= self.config.model.max_tokens for pieces in self.pieces(texts)]

    def for_readable(
        self, texts: Sequence[str], work: Callable[[list[str]], Iterable[T]]
    ) -> list[T | None]:
        """Do ``work`` on the sentences that this model can read; None in the places of others."""
        fits = self.fits(texts)
        short = [text for text, fit in zip(texts, fits, strict=True) if fit]
        results = iter(work(short) if short else ())
        return [next(results) if fit else None for fit in fits]

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of normalised sentences; of what is too long for this model, enough to tell."""
        normal = [normalise(text, self.config.corpus) for text in texts]
        return self.tokenizer.encode(normal, most=self.config.model.max_tokens)

    def to_space(self, codes: Tensor, space: SpaceName | None) -> Tensor:
        """Codes of stage one to vectors of a space."""
        return self._stage_two().encode(codes) if self._is_latent(space) else codes

    def to_codes(self, z: Tensor, space: SpaceName | None) -> Tensor:
        """Vectors of a space to codes of stage one."""
        return self._stage_two().decode(z) if self._is_latent(space) else z

    def _scores(self, texts: Sequence[str], judge: JudgeName) -> list[float]:
        """How well each reads to the decoder alone; minus infinity: blank, or too long to say."""
        codes = self._nothing()

        def read(fit: list[str]) -> list[float]:
            tokens = self.tokenise(fit)
            nats = log_marginal(self.autoencoder, tokens, codes).tolist()
            if judge == "likelihood":
                return list(map(likelihood, nats, fit))
            alone = self.tokenizer.log_frequencies
            return [slor(*pair, alone) for pair in zip(nats, tokens, strict=True)]

        found = self.for_readable(texts, read)
        pairs = zip(texts, found, strict=True)
        return [-math.inf if score is None or not text.strip() else score for text, score in pairs]

    def _nothing(self) -> Float[Tensor, "draws code"]:
        """Codes that tell the decoder nothing, or as good as: see ``generation/marginal.py``."""
        if self.config.model.code_dropout:
            return torch.zeros(1, self._code_dim, device=self.device)
        generator = torch.Generator(self.device).manual_seed(0)
        codes = self.to_codes(self.sample_vectors(BLIND, generator=generator), None)
        return noised(codes, self.config.model.code_noise, generator)

    def _to_write(self, z: Tensor, space: SpaceName | None, decoding: Decoding) -> Tensor:
        """The codes that the decoder is shown."""
        codes, level = self.to_codes(z, space), decoding.noise_level
        return self.autoencoder.at_noise(codes, level) if level else codes

    def _checked(self, z: Tensor, space: SpaceName | None) -> Tensor:
        """The vectors on the model's device, if they are of the space."""
        if z.ndim != 2 or z.shape[1] != self.dim(space):
            raise ConfigError(
                f"vectors of shape {tuple(z.shape)} do not fit this model's "
                f"{space or self.default_space} space: give [sentences, {self.dim(space)}]"
            )
        return z.to(self.device)

    @cached_property
    def _region(self) -> Region | None:
        """Drawn once for an opened model."""
        return None if self.prior is None else Region.of(self.prior)

    def _constraints(self, decoding: Decoding) -> Constraints:
        """Banned and required words as this model writes them."""
        words = decoding.banned, decoding.required
        return constraints(*words, self.tokenizer, self.config.corpus)

    @property
    def _code_dim(self) -> int:
        return self.config.model.code_dim

    def _is_latent(self, space: SpaceName | None) -> bool:
        return (space or self.default_space) == "latent"

    def _stage_two(self) -> CodeModel:
        if self.stage_two is None:
            raise ModelFolderError(
                "this model has no stage two, so no latent space and no prior: use space 'code', "
                "or train it with `swae-text train CONFIG --stage two`"
            )
        return self.stage_two

    def _component(self, label: str) -> int:
        if not getattr(self.prior, "labels", 0):
            raise ConfigError("this model's prior has no component a label: train with `mixture`")
        if label not in self.labels:
            raise ConfigError(f"label {label!r} is not one of {', '.join(self.labels) or 'none'}")
        return self.labels.index(label)


def _check_device(device: str) -> None:
    """See to it that numbers can be put there and had back."""
    try:
        torch.zeros(1, device=device).tolist()
    except (RuntimeError, AssertionError) as error:  # how PyTorch says that it is built without one
        why = str(error).partition("\n")[0].rstrip(".")
        raise ConfigError(
            f"device {device!r} is not to be had here ({why}): `swae-text info` lists GPUs; cpu "
            "is everywhere"
        ) from error


def _finite(z: Tensor) -> Tensor:
    """Vectors that are numbers: weights from a stranger may be finite and their products not."""
    if not bool(z.isfinite().all()):
        raise ModelFolderError("vectors overflow: give smaller ones, or use another model")
    return z
