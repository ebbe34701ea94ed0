"""What the explorer can do: each request of the API, done with a ``SentenceSpace``.

Sentences that were encoded lately are remembered, so that a slider that moves only decodes. All of
this runs on one thread (``worker.py``), which is why nothing here is locked.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from swae_text import __version__
from swae_text.errors import ConfigError, CorpusError, SwaeTextError
from swae_text.explorer import answers
from swae_text.explorer.attributes import Loaded
from swae_text.explorer.examples import choose
from swae_text.explorer.requests import (
    DecodeRequest,
    EditRequest,
    EncodeRequest,
    GridRequest,
    InterpolateRequest,
    RewriteRequest,
    SampleRequest,
)
from swae_text.explorer.survey import NotYet, Survey, reach
from swae_text.latent.arithmetic import traverse
from swae_text.latent.attributes import apply
from swae_text.latent.edits import Goal
from swae_text.latent.interpolation import interpolate, interpolate_through
from swae_text.latent.values import ValueVector
from swae_text.names import SpaceName
from swae_text.space import SentenceSpace

REMEMBERED = 4096
"""Sentences whose vectors are kept."""


class Explorer:
    """A model, its attributes, and the survey of a corpus.

    Args:
        space: the model.
        survey: sentences for the map and the axes; its space is the one that vectors are moved in.
        attributes: by name, fitted in that space.
        folder: what the user calls the model.
    """

    def __init__(
        self,
        space: SentenceSpace,
        survey: Survey,
        attributes: Mapping[str, Loaded] | None = None,
        folder: str = "MODEL",
    ) -> None:
        self.space, self.survey, self.folder = space, survey, folder
        self.name: SpaceName = survey.name
        self.attributes = dict(attributes or {})
        self._vector = lru_cache(REMEMBERED)(lambda text: space.encode(text, space=self.name)[0])
        self.examples = choose(space, self.name)
        self.samples = _has_prior(space)
        self.length = float(self._encode(self.examples).norm(dim=1).mean())

    def model(self) -> answers.Model:
        """What is explored: sizes, attributes, and how far the map is."""
        space, config, survey = self.space, self.space.config, self.survey
        stages = [space.autoencoder, *([space.stage_two] if space.stage_two is not None else [])]
        return answers.Model(
            name=config.name,
            folder=self.folder,
            version=__version__,
            corpus=config.corpus.source,
            parameters=sum(w.numel() for stage in stages for w in stage.parameters()),
            space=self.name,
            dim=space.dim(self.name),
            max_tokens=config.model.max_tokens,
            labels=list(space.labels) if getattr(space.prior, "labels", 0) else [],
            samples=self.samples,
            temperature=config.sampling.temperature if config.sampling.search == 1 else None,
            examples=self.examples,
            attributes=[self._described(loaded) for loaded in self.attributes.values()],
            shares=survey.shares,
            survey=answers.Survey(
                source=survey.source,
                own=survey.own,
                done=survey.done,
                total=survey.total,
                finished=survey.finished,
                problem=survey.problem,
            ),
        )

    def encode(self, asked: EncodeRequest) -> answers.Encoded:
        """Sentences to vectors."""
        return answers.Encoded(vectors=self._encode(asked.texts).tolist())

    def decode(self, asked: DecodeRequest) -> answers.Decoded:
        """Vectors to sentences, greedily."""
        dim = self.space.dim(self.name)
        if any(len(row) != dim for row in asked.vectors):
            raise ConfigError(f"vectors: give rows of {dim} numbers, as /api/encode does")
        return answers.Decoded(texts=self._decode(torch.tensor(asked.vectors)))

    def interpolate(self, asked: InterpolateRequest) -> answers.Path:
        """The sentences on the way from one sentence to the next."""
        z = interpolate_through(self._encode(asked.texts), asked.steps, asked.path)
        texts = self.space.decode_paths([z], asked.steps, space=self.name)
        told = zip(texts, self._typicality(z), strict=True)
        last = asked.steps - 1
        points = [
            answers.Point(t=place / last, text=text, typicality=share)
            for place, (text, share) in enumerate(told)
        ]
        return answers.Path(points=points)

    def grid(self, asked: GridRequest) -> answers.Grid:
        """The sentences between four: each row is a path between two paths down the sides."""
        size, path = asked.size, asked.path
        a, b, c, d = self._encode(asked.texts)
        left, right = interpolate(a, c, size, path), interpolate(b, d, size, path)
        rows = [interpolate(*ends, size, path) for ends in zip(left, right, strict=True)]
        texts = self._decode(torch.cat(rows))
        return answers.Grid(rows=[texts[i * size : (i + 1) * size] for i in range(size)])

    def sample(self, asked: SampleRequest) -> answers.Decoded:
        """Sentences from the prior."""
        how = self.space.config.sampling
        if asked.temperature is not None:
            if how.search > 1:
                raise ConfigError(
                    "temperature: this model searches and draws nothing: leave it out"
                )
            how = how.but(temperature=asked.temperature)
        texts = self.space.sample(asked.n, seed=asked.seed, label=asked.label, sampling=how)
        return answers.Decoded(texts=texts)

    def edit(self, asked: EditRequest) -> answers.Edited:
        """A sentence moved along attributes, and then set to positions on principal axes."""
        z = self._encode([asked.text])
        if asked.axes:
            self._surveyed()
        moved = self._to_positions(self._along(z, asked.attributes), asked.axes)
        [text] = self._decode(moved)
        return answers.Edited(**self._told(z, moved, text))

    def rewrite(self, asked: RewriteRequest) -> answers.Rewritten:
        """A sentence changed, as little as may be, until its attributes are what was wanted."""
        z = self._encode([asked.text])
        goals = [self._goal(name, label) for name, label in asked.goals.items()]
        [made] = self.space.edit([asked.text], goals, space=self.name, confidence=asked.confidence)
        told = self._told(z, self._encode([made.text]), made.text)
        return answers.Rewritten(**told, reached=made.reached)

    def map(self) -> answers.Map:
        """A corpus in two dimensions."""
        survey = self._surveyed()
        return answers.Map(
            source=survey.source,
            texts=survey.texts,
            labels=survey.labels,
            points=survey.points,
            shares=survey.shares[:2],
        )

    def _encode(self, texts: list[str]) -> Float[Tensor, "sentences dim"]:
        self.space.tokenise(texts)  # names the one that is too long
        return torch.stack([self._vector(text) for text in texts])

    def _decode(self, z: Float[Tensor, "sentences dim"]) -> list[str]:
        return self.space.decode(z, space=self.name)

    def _attribute(self, field: str, name: str) -> Loaded:
        if name not in self.attributes:
            known = ", ".join(self.attributes) or "none"
            raise ConfigError(f"{field}.{name}: no such attribute (there are: {known})")
        return self.attributes[name]

    def _goal(self, name: str, label: str) -> Goal:
        """Log-odds of a label."""
        vector = self._attribute("goals", name).vector
        if isinstance(vector, ValueVector):
            raise ConfigError(f"goals.{name}: of a number, which has no labels")
        return vector.goal(label)

    def _told(
        self, z: Float[Tensor, "1 dim"], moved: Float[Tensor, "1 dim"], text: str
    ) -> dict[str, Any]:
        """What there is to tell of a sentence at ``z``, moved, and of what it says there."""
        return {
            "text": text,
            "typicality": self._typicality(moved)[0],
            "readings": self._readings(z, text),
            "positions": [float(axis.position(moved)) for axis in self.survey.axes],
        }

    def _along(
        self, z: Float[Tensor, "1 dim"], strengths: Mapping[str, float]
    ) -> Float[Tensor, "1 dim"]:
        """Moved along attributes."""
        for name, strength in strengths.items():
            z = apply(z, self._attribute("attributes", name).vector, strength)
        return z

    def _to_positions(
        self, z: Float[Tensor, "1 dim"], positions: Mapping[int, float]
    ) -> Float[Tensor, "1 dim"]:
        """Set to positions on principal axes, which are at right angles to each other."""
        axes = self.survey.axes
        for number, position in positions.items():
            if number > len(axes):
                raise ConfigError(f"axes.{number}: there are the axes 1 to {len(axes)}")
            z = traverse(z[0], axes[number - 1], torch.tensor([position]))
        return z

    def _typicality(self, z: Float[Tensor, "sentences dim"]) -> list[float] | list[None]:
        shares = self.space.typicality(z, space=self.name)
        return [None] * len(z) if shares is None else shares.tolist()

    def _surveyed(self) -> Survey:
        """The survey, once it is finished."""
        survey = self.survey
        if survey.problem:
            raise CorpusError(f"there is no map: {survey.problem}")
        if not survey.finished:
            raise NotYet(f"the map is being made: {survey.done:,} of {survey.total:,} sentences")
        return survey

    def _readings(self, z: Float[Tensor, "1 dim"], text: str) -> dict[str, answers.Reading]:
        """What the probes read from a vector, and from the sentence that came out."""
        after = self._encode([text]) if self.attributes and self.space.fits([text])[0] else None
        return {
            name: answers.Reading(
                before=float(loaded.vector.read(z)),
                after=None if after is None else float(loaded.vector.read(after)),
            )
            for name, loaded in self.attributes.items()
        }

    def _described(self, loaded: Loaded) -> answers.Attribute:
        """An attribute as the page shows it."""
        negative, positive = loaded.ends
        return answers.Attribute(
            name=loaded.name,
            file=loaded.file,
            negative=negative,
            positive=positive,
            reads="number" if isinstance(loaded.vector, ValueVector) else "probability",
            reach=reach(self.length, loaded.vector.direction),
        )


def _has_prior(space: SentenceSpace) -> bool:
    """Whether sentences can be drawn."""
    try:
        space.sample_vectors(1, generator=torch.Generator(space.device))
    except SwaeTextError:
        return False
    return True
