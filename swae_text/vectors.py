"""An attribute as a file: one safetensors file, with what it was fitted from."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open

from swae_text.atomic import atomic_write
from swae_text.errors import ModelFolderError
from swae_text.latent.attributes import AttributeVector
from swae_text.latent.slot_probe import SlotProbe
from swae_text.latent.values import ValueVector

FORMAT = "swae-text attribute 3"
_TENSORS = ("direction", "weight")
_DAMAGE = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)  # of what is inside
_PROBE = "probe."  # before the names of the slot probe's tensors


def save_vector(vector: AttributeVector | ValueVector, path: str | Path, *, space: str) -> None:
    """Write a vector fitted in ``space`` (latent or code), whole or not at all."""
    evidence = {name: getattr(vector, name) for name in _evidence(type(vector))}
    kind = "value" if isinstance(vector, ValueVector) else "label"
    tensors = {name: getattr(vector, name).float().contiguous().cpu() for name in _TENSORS}
    metadata = {"format": FORMAT, "kind": kind, "space": space, "evidence": json.dumps(evidence)}
    if isinstance(vector, AttributeVector) and vector.probe is not None:
        metadata["slots"] = str(vector.probe.slots)
        for name, tensor in vector.probe.state_dict().items():
            tensors[_PROBE + name] = tensor.contiguous().cpu()
    atomic_write(path, safetensors.torch.save(tensors, metadata))


def load_vector(
    path: str | Path, device: str | torch.device = "cpu"
) -> tuple[AttributeVector | ValueVector, str]:
    """Read a vector and the name of the space that it was fitted in.

    Raises:
        ModelFolderError: the file is missing, is no safetensors file, or holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelFolderError(f"{path}: no such file: make it with `swae-text attribute fit`")
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise ModelFolderError(
                    f"{path}: not an attribute of this version: fit it again with "
                    "`swae-text attribute fit`"
                )
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dict
        kind = ValueVector if metadata["kind"] == "value" else AttributeVector
        evidence = json.loads(metadata["evidence"])
        given: dict[str, Any] = {name: evidence[name] for name in _evidence(kind)}
        given |= {name: tensors[name] for name in _TENSORS}
        if "slots" in metadata:
            given["probe"] = _slot_probe(tensors, int(metadata["slots"]))
        return kind(**given), metadata["space"]
    except (SafetensorError, *_DAMAGE) as error:
        raise ModelFolderError(f"{path}: not an attribute ({error})") from error


def _slot_probe(tensors: dict[str, torch.Tensor], slots: int) -> SlotProbe:
    """The probe whose weights stand beside a direction."""
    probe = SlotProbe(len(tensors["direction"]), slots).to(tensors["direction"].device)
    probe.load_state_dict(
        {
            name.removeprefix(_PROBE): tensor
            for name, tensor in tensors.items()
            if name.startswith(_PROBE)
        }
    )
    return probe.eval().requires_grad_(False)


def _evidence(kind: type[AttributeVector] | type[ValueVector]) -> list[str]:
    """Names of the fields that are kept as JSON."""
    return [made.name for made in fields(kind) if made.name not in (*_TENSORS, "probe")]
