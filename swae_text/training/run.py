"""A whole run: corpus, stage one, its codes, stage two, and the model folder that comes out.

runs/NAME/config.yaml     every setting of the run
runs/NAME/metrics.jsonl   one row a look at the validation split
runs/NAME/tensorboard/    the same for TensorBoard, where it is asked for
runs/NAME/checkpoints/    to go on from
runs/NAME/codes/          stage two's training data
runs/NAME/model/          what ``SentenceSpace.from_pretrained`` reads
"""

import hashlib
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Literal

import torch

from swae_text.config import RunConfig, load_config
from swae_text.corpora.store import PreparedCorpus, prepare
from swae_text.errors import CheckpointError, ConfigError, TrainingError
from swae_text.folder import TOKENIZER, ModelParts, read_folder
from swae_text.models.autoencoder import SentenceAutoencoder
from swae_text.models.code_model import CodeModel
from swae_text.pretrained import find_model
from swae_text.space import SentenceSpace
from swae_text.training.checkpoint import Checkpoints
from swae_text.training.claim import claimed, same_weights, spare
from swae_text.training.codes import chosen_rows, training_codes
from swae_text.training.compiling import compile_parts, require_compiler
from swae_text.training.engine import Engine
from swae_text.training.events import Note, Report, Saved, silent
from swae_text.training.loop import Loop, Stage
from swae_text.training.stage_one import StageOne
from swae_text.training.stage_two import StageTwo
from swae_text.training.tensorboard import metrics_log, require

Stages = Literal["all", "one", "two"]


def train(
    config: RunConfig,
    run_dir: Path,
    *,
    stages: Stages = "all",
    stage_one_from: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    report: Report | None = None,
) -> Path:
    """Train both stages, or one, and write the model folder.

    Args:
        config: every setting of the run.
        run_dir: folder of the run.
        stages: ``one`` leaves the codes as they are; ``two`` needs a trained stage one there.
        stage_one_from: take the trained stage one, and its codes, of this other run instead.
        resume: go on from the newest checkpoints; with none, start.
        overwrite: throw an existing run away first.
        report: told what happens.

    Returns:
        The model folder.

    Raises:
        ConfigError: the run exists and neither ``resume`` nor ``overwrite`` is given, it was
            started with settings that shape its weights differently, ``overwrite`` would throw
            away what the run begins with, or tensorboard or a C++ compiler is missing.
        CheckpointError: no checkpoint can be read, or one cannot be written.
        TrainingError: the loss is not finite, there is nothing to train on, another process is
            training in the folder, or one of several that train together ended.
    """
    if config.stage_two is None and (stages == "two" or stage_one_from is not None):
        raise ConfigError("these settings have no stage two (stage_two: null): set one")
    if config.training.tensorboard:
        require()
    if config.training.compile and stages != "two":
        require_compiler()
    source = stage_one_from or run_dir
    if source.resolve() == run_dir.resolve():
        source = run_dir
    if overwrite:
        spare(run_dir, *_begins_with(config), *([source] if stages == "two" else []))
    if source != run_dir:
        same_weights(load_config(source / "config.yaml"), config, source)
    keep = resume or (stages == "two" and source == run_dir)
    claim = claimed(config, run_dir, keep=keep, overwrite=overwrite, again=stages == "two")
    with claim if is_first_process() else nullcontext():  # the first one then starts the others
        engine = Engine(config.training, config.seed, critic=_has_critic(config))
        with engine.together():
            tell: Report = report if report is not None and engine.leads else silent
            tell(
                Note(f"run {run_dir}, {engine.precision} on {engine.world} × {engine.device.type}")
            )
            corpus = _prepared(config, engine, tell)
            run = _Run(config, run_dir, engine, corpus, tell)
            only = stages == "one" or config.stage_two is None
            if stages != "two" and source == run_dir:
                autoencoder = run.stage_one(only=only)
                only |= config.model.latent_noise > 0  # stage two is there: codes are as they were
            else:
                autoencoder = run.trained_stage_one(source)
            if only:
                return run_dir / "model"
            return run.stage_two(autoencoder, source / "codes", fresh=not resume)


def is_first_process() -> bool:
    """True in a run of one process, and in the first of several, before they know each other."""
    ranks = ("RANK", "NODE_RANK", "LOCAL_RANK")  # torchrun's, and those of Fabric's own start
    return all(os.environ.get(name, "0") == "0" for name in ranks)


class _Run:
    """What both stages of a run share."""

    def __init__(
        self,
        config: RunConfig,
        run_dir: Path,
        engine: Engine,
        corpus: PreparedCorpus,
        report: Report,
    ) -> None:
        self.config, self.folder, self.engine = config, run_dir, engine
        self.corpus, self.report = corpus, report

    def stage_one(self, *, only: bool) -> SentenceAutoencoder:
        self._begin()
        start, kept = self.config.training.stage_one.start, None
        checkpoints = self._checkpoints("one", self._sentences())
        begins, keeps = not checkpoints.paths(), self.config.model.latent_noise > 0
        folder = find_model(start) if start else None
        there = read_folder(folder) if folder and (begins or keeps) else None
        if keeps:
            kept = _kept_stage_two(self.config, folder, there).to(self.engine.device)
        stage = StageOne(self.config, self.corpus, self.engine.device, kept)
        if begins and folder and there:
            _begin_with(stage, folder, there)
        if self.config.training.compile:
            compile_parts(stage.module)
        steps = self._train(stage, checkpoints)
        if steps or only or not (self.folder / "model").exists():
            self._save(stage.space)  # else stage two is there already, and stays while it goes on
        return stage.module

    def trained_stage_one(self, folder: Path) -> SentenceAutoencoder:
        checkpoints = Checkpoints(folder / "checkpoints", "one", 1, self._sentences())
        state = checkpoints.newest(self.report)
        if state is None:
            raise CheckpointError(
                f"{folder}: stage two needs a trained stage one: run --stage one first"
            )
        checkpoints.same_basis(state)
        stage = StageOne(self.config, self.corpus, self.engine.device)
        stage.module.load_state_dict(state["module"])
        return stage.module.to(self.engine.device)

    def stage_two(self, autoencoder: SentenceAutoencoder, home: Path, *, fresh: bool) -> Path:
        most = self.config.training.stage_two.max_codes
        rows = chosen_rows(len(self.corpus.train), most, self.config.seed)
        self.report(Note(f"codes of {len(rows):,} training sentences"))
        codes, basis = self.engine.lead_first(
            lambda: training_codes(autoencoder, self.corpus, rows, home, self.engine)
        )
        checkpoints = self._checkpoints("two", basis)
        if self.engine.leads and fresh:
            checkpoints.clear()
        elif self.engine.leads and checkpoints.clear_other_basis():
            self.report(Note("stage two starts again: the codes that it learned from have changed"))
        self.engine.barrier()
        self._begin()
        stage = StageTwo(self.config, self.corpus, autoencoder, codes, rows)
        self._train(stage, checkpoints)
        return self._save(stage.space)

    def _sentences(self) -> str:
        """What stage one learns from, told by what is at hand: pieces, and sentences held out."""
        corpus = self.corpus
        parts = (corpus.tokenizer.to_bytes(), len(corpus.train), corpus.valid.digest())
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def _begin(self) -> None:
        """Each stage starts from the seed, so that it does not matter what ran before it."""
        torch.manual_seed(self.config.seed)

    def _train(self, stage: Stage, checkpoints: Checkpoints) -> int:
        path, asked = self.folder / "metrics.jsonl", self.config.training.tensorboard
        with metrics_log(path, tensorboard=asked and self.engine.leads) as log:
            return Loop(stage, self.engine, checkpoints, log, self.report, self.config.seed).run()

    def _checkpoints(self, stage: str, basis: str = "") -> Checkpoints:
        keep = self.config.training.keep_checkpoints
        return Checkpoints(self.folder / "checkpoints", stage, keep, basis)

    def _save(self, space: SentenceSpace) -> Path:
        path = self.folder / "model"
        if self.engine.leads:
            space.save_pretrained(path)
            self.report(Saved(path))
        self.engine.barrier()
        return path


def _begins_with(config: RunConfig) -> list[Path]:
    """Files and folders that a run reads and did not write."""
    named = (config.training.stage_one.start, config.tokenizer.path, config.corpus.source)
    return [Path(name) for name in named if name]


def _has_critic(config: RunConfig) -> bool:
    divergence = getattr(config.stage_two, "divergence", None)
    return "adversarial" in (config.model.regulariser.kind, getattr(divergence, "kind", None))


def _kept_stage_two(config: RunConfig, folder: Path | None, there: ModelParts | None) -> CodeModel:
    """What maps codes to latents where ``latent_noise`` is: the one of the model begun with."""
    if there is None:
        raise ConfigError("model.latent_noise is noise in the latents of a model: name it, --from")
    if there.stage_two is None:
        raise ConfigError(f"{folder}: no stage two, and model.latent_noise is in its latents")
    if there.config.stage_two != config.stage_two:
        ours, theirs = (dict(it or {}) for it in (config.stage_two, there.config.stage_two))
        unlike = [f"{name}={theirs[name]}" for name in theirs if theirs[name] != ours.get(name)]
        raise ConfigError(
            f"{folder}: its stage two, which model.latent_noise keeps, has other settings: set "
            f"stage_two alike ({', '.join(unlike)})"
        )
    return there.stage_two.eval().requires_grad_(False)


def _begin_with(stage: StageOne, folder: Path, there: ModelParts) -> None:
    """Give stage one the weights of another model, if they mean the same there."""
    if there.tokenizer.to_bytes() != stage.space.tokenizer.to_bytes():
        raise ConfigError(
            f"{folder} reads other pieces: --set tokenizer.path={folder / TOKENIZER} as well, "
            "or give --from, which does both"
        )
    try:
        keys = stage.module.load_state_dict(there.autoencoder.state_dict(), strict=False)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip()
        raise ConfigError(f"{folder}: its stage one has another shape: {first}") from error
    names = [*keys.missing_keys, *keys.unexpected_keys]
    heads = ("bag.", "label.")  # of the loss alone
    if wrong := [name for name in names if not name.startswith(heads)]:
        raise ConfigError(f"{folder}: its stage one has another shape: {wrong[0]}")


def _prepared(config: RunConfig, engine: Engine, report: Report) -> PreparedCorpus:
    """The first rank prepares the corpus; the others then only open it."""

    def ready() -> PreparedCorpus:
        return prepare(
            config.corpus,
            config.tokenizer,
            config.model.max_tokens,
            lambda line: report(Note(line)),
        )

    corpus = engine.lead_first(ready)
    if not len(corpus.valid):
        raise TrainingError("the corpus has no validation sentences: raise corpus.valid_size")
    told = f"{len(corpus.train):,} training sentences"
    if corpus.stream is not None:
        told += f" in the first of {corpus.stream.windows.a_pass:,} windows"
    report(Note(told + (", cached" if corpus.cached else "")))
    return corpus
