"""Several methods on equal terms: train, evaluate, keep each result, never do a thing twice.

A benchmark file names a base (corpus and architecture), methods (overlays on it), seeds, and the
settings of the evaluation. Hyper-parameters are chosen on the validation split with the first seed
(``choose``); each final model looks at the test split once. A stage one that several methods share
is trained once. What is finished is a JSON file in the results folder with every setting in it, so
that a changed setting is a new piece of work and an unchanged one is not repeated.
"""

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from swae_text.atomic import atomic_write
from swae_text.config import (
    overlay,
    override_setting,
    parse_config,
    read_yaml,
)
from swae_text.corpora.store import PreparedCorpus, prepare
from swae_text.errors import ConfigError
from swae_text.evaluation.held_out import HeldOut
from swae_text.evaluation.judges import Judges
from swae_text.evaluation.protocol import evaluate
from swae_text.evaluation.references import read_task
from swae_text.evaluation.settings import EvaluationConfig
from swae_text.evaluation.works import BenchmarkConfig, MethodEntry, Work
from swae_text.space import SentenceSpace
from swae_text.training.events import Report
from swae_text.training.run import train


class Benchmark:
    """A benchmark in a folder.

    Args:
        config: what is compared.
        home: folder that its relative paths start from.
        runs: folder of the runs.
        results: folder of the finished results.
        tell: hears a line at each step.
        report: hears the trainings.
    """

    def __init__(
        self,
        config: BenchmarkConfig,
        home: Path,
        runs: Path,
        results: Path,
        tell: Callable[[str], None],
        report: Report | None = None,
    ) -> None:
        self.config, self.home, self.runs, self.results = config, home, runs, results
        self.tell, self.report = tell, report
        self._judges: dict[str, Judges] = {}

    def run(self) -> list[dict[str, Any]]:
        """Do what is not done yet, all methods of one seed before the next; gives all results."""
        for place in range(max(len(self._seeds(entry)) for entry in self.config.methods)):
            for entry in self.config.methods:
                if place < len(self._seeds(entry)):
                    self._result(self._final(entry, self._seeds(entry)[place]))
        return self.finished()

    def finished(self) -> list[dict[str, Any]]:
        """All results of this benchmark that are there."""
        found = []
        for entry in self.config.methods:
            tries = [(self._kept(work), work) for work in self._tries(entry)]
            found += [{**kept, "tried": dict(work.tried)} for kept, work in tries if kept]
            if all(kept for kept, _ in tries):
                finals = [self._kept(self._final(entry, seed)) for seed in self._seeds(entry)]
                found += [kept for kept in finals if kept]
        return found

    def _seeds(self, entry: MethodEntry) -> tuple[int, ...]:
        return entry.seeds or self.config.seeds

    def _work(self, entry: MethodEntry, seed: int, settings: Mapping[str, Any], split: str) -> Work:
        tree: dict[str, Any] = {}
        base = [read_yaml(self.home / file) for file in self.config.base]
        method = read_yaml(self.home / entry.method)
        last = {"seed": seed, "name": f"{entry.row}-seed{seed}"}
        for layer in (*base, self.config.settings, method, entry.settings, last):
            tree = overlay(tree, layer)
        judged = self.config.evaluation if split == "test" else self.config.trial
        tree.pop("sampling", None)  # samples are drawn as the evaluation says
        tree["evaluation"] = judged.model_dump(mode="json")
        for dotted, value in settings.items():
            override_setting(tree, f"{dotted}={yaml.safe_dump(value, default_flow_style=True)}")
        evaluation = EvaluationConfig.model_validate(tree.pop("evaluation"))
        config, references = parse_config(tree, where=entry.method), self.config.references
        return Work(entry.row, seed, config, split, evaluation, references, dict(settings))

    def _tries(self, entry: MethodEntry) -> list[Work]:
        """Every combination of ``choose``, for the validation split, with the first seed."""
        if not entry.choose:
            return []
        seed = self._seeds(entry)[0]
        return [
            self._work(entry, seed, dict(zip(entry.choose, values, strict=True)), "valid")
            for values in itertools.product(*entry.choose.values())
        ]

    def _final(self, entry: MethodEntry, seed: int) -> Work:
        """The combination that did best on the validation split, for the test split."""
        tried = [(self._result(work), work) for work in self._tries(entry)]
        best = min(
            tried, key=lambda pair: preference(pair[0], self.config.bleu_floor), default=None
        )
        return self._work(entry, seed, best[1].tried if best else {}, "test")

    def _kept(self, work: Work) -> dict[str, Any] | None:
        """The finished result of a work, or None."""
        for path in sorted(self.results.glob(f"{_stem(work)}-*.json")):
            result = _read(path)
            if work.made(result):
                return result
        return None

    def _result(self, work: Work) -> dict[str, Any]:
        """A finished result, or a new one."""
        if kept := self._kept(work):
            return kept
        self.tell(f"{work.name}, seed {work.seed}: training")
        model, seconds = self._train(work)
        self.tell(f"{work.name}, seed {work.seed}: evaluating on {work.split}")
        result = {"method": work.name, "seed": work.seed, "split": work.split}
        result |= {"references": work.references}
        result |= {"settings": work.config.model_dump(mode="json"), "train_seconds": seconds}
        evaluation = self._evaluated(work, model)
        said = {"examples": evaluation.pop("examples")}
        if evaluation["paths"]:
            said["paths"] = evaluation["paths"].pop("examples")
        result |= evaluation
        path = self.results / f"{_stem(work)}-{work.key()}.json"
        atomic_write(self.runs / f"said-{path.name}", _json(said))  # text stays with the runs
        atomic_write(path, _json(result))
        return result

    def _train(self, work: Work) -> tuple[Path, dict[str, float]]:
        """Stage one, shared where it can be, and stage two over it; resumed where they stopped."""
        config = work.config
        one = self.runs / f"stage-one-{work.stage_one_key()}"
        model = one / "model"
        if not (one / "done").exists():
            alone = config.model_copy(update={"name": one.name, "stage_two": None})
            train(alone, one, stages="one", resume=True, report=self.report)
            atomic_write(one / "done", b"")
        seconds = {"stage_one": _seconds(one, "one"), "stage_two": 0.0}
        if config.stage_two is not None:
            two = self.runs / f"stage-two-{work.model_key()}"
            model = train(config, two, stage_one_from=one, resume=True, report=self.report)
            seconds["stage_two"] = _seconds(two, "two")
        return model, seconds

    def _evaluated(self, work: Work, model: Path) -> dict[str, Any]:
        config = work.config
        space = SentenceSpace.from_pretrained(model, device=_device())
        corpus = prepare(config.corpus, config.tokenizer, config.model.max_tokens, self.tell)
        most = self.config.evaluation.sentences
        held_out = HeldOut.of(corpus, config.corpus.source, work.split, most)
        task = None
        if "transfer" in work.evaluation.parts and work.references is not None:
            task = read_task(Path(config.corpus.source) / work.references, config.corpus)
        return evaluate(space, held_out, work.evaluation, self._referees(corpus), task).to_dict()

    def _referees(self, corpus: PreparedCorpus) -> Judges:
        return self._judges.setdefault(corpus.fingerprint, Judges(corpus, self.tell))


def preference(result: Mapping[str, Any], floor: float) -> tuple[bool, float]:
    """Sorts results: first those that reconstruct well enough, by reverse perplexity."""
    bleu = result["reconstruction"][-1]["bleu"]
    if bleu < floor or not result["samples"]:
        return True, -bleu
    reverse = result["samples"][-1]["reverse"]
    return False, next(iter(reverse.values()))["value"]


def _stem(work: Work) -> str:
    return f"{work.name}-seed{work.seed}-{work.split}"


def _read(path: Path) -> dict[str, Any]:
    """A result on disk.

    Raises:
        ConfigError: it is none.
    """
    try:
        return dict(json.loads(path.read_bytes()))
    except (ValueError, TypeError, RecursionError) as error:
        raise ConfigError(f"{path}: not a result: remove it, and it is made again") from error


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode()


def _seconds(run: Path, stage: str) -> float:
    """Seconds of training, by the last look of a stage."""
    log = run / "metrics.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    return max((row["seconds"] for row in rows if row["stage"] == stage), default=0.0)


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
