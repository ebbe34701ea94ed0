"""``swae-text info``: what a model folder holds, or what this machine runs."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from swae_text import __version__
from swae_text.cli.arguments import Table, model_folder, open_space
from swae_text.cli.formatting import as_block, table, table_form
from swae_text.cli.streams import write_lines

if TYPE_CHECKING:
    import torch.nn

LIBRARIES = ("torch", "lightning-fabric", "sentencepiece", "datasets", "sacrebleu", "numpy")


def info(
    model: Annotated[
        Path | None,
        typer.Argument(metavar="[MODEL]", help="Model or run folder. Nothing: this machine."),
    ] = None,
    form: Table = None,
) -> None:
    """Describe a model after checking its checksums, or the machine and its libraries."""
    facts = _machine() if model is None else _model(model)
    if table_form(form) == "json":
        write_lines([as_block(facts)])
    else:
        write_lines(table([(name, _readable(value)) for name, value in facts.items()]))


def _model(path: Path) -> dict[str, Any]:
    """Facts of a model; opening it has compared every file with its checksum."""
    space = open_space(path)
    folder = model_folder(path)
    config = space.config
    stages = {"stage one": space.autoencoder, "stage two": space.stage_two}
    return {
        "folder": str(folder),
        "name": config.name,
        "bytes": sum(file.stat().st_size for file in folder.iterdir() if file.is_file()),
        "checksums": "ok",
        "encoder": config.model.encoder.kind,
        "decoder": config.model.decoder.kind,
        "pieces": space.tokenizer.vocab_size,
        "longest sentence (pieces)": config.model.max_tokens,
        "code": config.model.code_dim,
        "slots": config.model.slots,
        "latent": space.stage_two.latent_dim if space.stage_two is not None else None,
        "prior": space.stage_two.prior.kind if space.stage_two is not None else None,
        **{f"parameters of {name}": parameters(stage) for name, stage in stages.items() if stage},
        "corpus": config.corpus.source,
        "labels": list(space.labels),
        "seed": config.seed,
    }


def _machine() -> dict[str, Any]:
    """Facts of this machine: versions, processor, and the precision that training would choose."""
    import torch

    from swae_text.training.engine import gains_from_bfloat16

    accelerator = "cuda" if torch.cuda.is_available() else "cpu"
    return {
        "swae-text": __version__,
        "python": platform.python_version(),
        **{name: _version(name) for name in LIBRARIES},
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "precision": "bfloat16" if gains_from_bfloat16(accelerator) else "float32",
        "GPUs": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
    }


def parameters(module: "torch.nn.Module") -> int:
    """Numbers that training changes, each counted once."""
    return sum(weight.numel() for weight in module.parameters())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _readable(value: object) -> str:
    """A fact for people: thousands apart, lists as words."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else str("–" if value is None else value)
