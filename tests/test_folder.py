"""Model folders from strangers: what they say is checked before it costs anything."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch
import yaml

from swae_text.config import load_config
from swae_text.errors import ConfigError, ModelFolderError
from swae_text.folder import read_folder, write_folder
from swae_text.models.autoencoder import SentenceAutoencoder
from swae_text.models.stage_two import build_stage_two
from swae_text.sealed import write_sealed
from swae_text.weights import fill, outline, to_bytes

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("config.yaml", "model.safetensors", "tokenizer.model")


@pytest.fixture
def files(tiny_run):
    return {name: (tiny_run / "model" / name).read_bytes() for name in NAMES}


def refused(files, folder, error=ModelFolderError, match="model"):
    """A folder with these files, and checksums that are right, is refused in one line."""
    write_sealed(folder, files)
    with pytest.raises(error, match=match) as caught:
        read_folder(folder)
    assert len(str(caught.value)) < 400


def test_a_model_reads_its_own_pieces_wherever_it_is(tiny_run, files, tmp_path):
    elsewhere = tmp_path / "gone" / "tokenizer.model"
    tree = yaml.safe_load(files["config.yaml"])
    assert read_folder(tiny_run / "model").config.tokenizer.path is None  # a run trains its own
    tree["run"]["tokenizer"]["path"] = str(elsewhere)
    write_sealed(tmp_path / "old", {**files, "config.yaml": yaml.safe_dump(tree).encode()})
    parts = read_folder(tmp_path / "old")
    assert parts.config.tokenizer.path == str(tmp_path / "old" / "tokenizer.model")
    write_folder(parts, tmp_path / "new")
    assert str(tmp_path) not in (tmp_path / "new" / "config.yaml").read_text()
    own = read_folder(tmp_path / "new").config.tokenizer.path
    assert own == str(tmp_path / "new" / "tokenizer.model")


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["stage_two={kind: flow}"],
        ["stage_two.prior={kind: mixture, components: 4}"],
        ["stage_two.prior={kind: fitted, components: 3}"],
        ["model.decoder={kind: lstm, width: 64}", "model.encoder={kind: lstm, width: 32}"],
        ["model.regulariser={kind: adversarial, generator: {}}"],
    ],
)
def test_an_outline_that_is_filled_is_the_module(tmp_path, overrides):
    config, state = load_config(ROOT / "configs/tiny.yaml", overrides), torch.get_rng_state()

    def build():
        stages = [SentenceAutoencoder(config.model, 300)]
        stages.append(build_stage_two(config.stage_two, config.model.code_dim))
        return torch.nn.ModuleList(stages)

    empty = outline(build)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(tensor.is_meta for tensor in empty.parameters())
    module, path = build(), tmp_path / "weights"
    path.write_bytes(to_bytes(module))
    fill(empty, path)
    for name, tensor in [*module.state_dict().items(), *module.named_buffers()]:
        found = dict([*empty.state_dict().items(), *empty.named_buffers()])[name]
        assert torch.equal(found, tensor), name
    kinds = [[p.requires_grad for p in one.parameters()] for one in (module, empty)]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_is_read_as_float32(files, tmp_path, kind):
    weights = safetensors.torch.load(files["model.safetensors"])
    halved = {name: tensor.to(kind) for name, tensor in weights.items()}
    write_sealed(tmp_path, {**files, "model.safetensors": safetensors.torch.save(halved)})
    read = read_folder(tmp_path).autoencoder.state_dict()
    for name, tensor in read.items():
        if name.startswith("encoder."):
            assert tensor.dtype == torch.float32
            assert torch.equal(tensor, halved[f"autoencoder.{name}"].float())


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda w: w[:, :-1].contiguous(), "do not fit.*embedding"),
        (lambda w: w.double(), "embedding.*F64"),
        (lambda w: w.long(), "embedding.*I64"),
        (lambda w: w.index_fill(0, torch.tensor(3), float("nan")), "embedding.*not finite"),
    ],
)
def test_weights_of_another_shape_or_kind_are_refused(files, tmp_path, change, match):
    weights = safetensors.torch.load(files["model.safetensors"])
    weights["autoencoder.embedding.weight"] = change(weights["autoencoder.embedding.weight"])
    changed = {**files, "model.safetensors": safetensors.torch.save(weights)}
    refused(changed, tmp_path, match=match)


@pytest.mark.parametrize(
    ("setting", "value", "error"),
    [
        ("run.model.encoder.width", 16384, ModelFolderError),
        ("run.model.encoder.width", 10_000_000, ConfigError),
        ("run.model.encoder.layers", 10**6, ConfigError),
        ("run.model.encoder.layers", 64, ModelFolderError),
        ("run.model.encoder.feedforward", 16384, ModelFolderError),
        ("run.model.code_dim", 10**12, ConfigError),
        ("run.model.max_tokens", 4096, ModelFolderError),
        (
            "run.stage_two.levels",
            [{"blocks": 64, "hidden": 16384 - n} for n in range(8)],
            ModelFolderError,
        ),
        ("run.stage_two.prior", {"kind": "fitted", "components": 16384}, ModelFolderError),
        ("run.stage_two.prior", {"kind": "mixture", "separation": 1e38}, ConfigError),
        ("run.model.code_noise", float("inf"), ConfigError),
        ("labels", "liked", ConfigError),
        ("run.surprise", 1, ConfigError),
    ],
)
def test_settings_that_ask_for_too_much_cost_nothing(files, tmp_path, setting, value, error):
    tree = yaml.safe_load(files["config.yaml"])
    *branches, leaf = setting.split(".")
    node = tree
    for branch in branches:
        node = node[branch]
    node[leaf] = value
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    match = "model.safetensors: weights do not fit" if error is ModelFolderError else "config.yaml"
    refused({**files, "config.yaml": yaml.safe_dump(tree).encode()}, tmp_path, error, match)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + (64 << 10)  # KiB


@pytest.mark.parametrize(
    "text",
    [
        b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        b"[" * 30_000,
        b"format: 2001-99-99\n",
        b"format: !!int ''\n",
        b"format: 0x" + b"f" * 5000,
        b"format: !!python/object/apply:os.getcwd []\n",
        b"- format\n",
        b"\xff\xfe\x00",
    ],
)
def test_yaml_that_is_no_plain_settings_is_refused(files, tmp_path, text):
    refused({**files, "config.yaml": text}, tmp_path, ConfigError, "config.yaml")


@pytest.mark.parametrize("sums", [b"", b"[]", b"[" * 30_000, b'{"config.yaml": 1}', b"{}"])
def test_checksums_that_are_none_are_refused(tiny_run, files, tmp_path, sums):
    write_sealed(tmp_path, files)
    (tmp_path / "checksums.json").write_bytes(sums)
    with pytest.raises(ModelFolderError, match="damaged"):
        read_folder(tmp_path)


@pytest.mark.parametrize("name", [*NAMES, "checksums.json"])
def test_only_regular_files_of_the_folder_are_opened(files, tmp_path, name):
    folder = tmp_path / "model"
    folder.mkdir()
    write_sealed(folder, files)
    away, path = tmp_path / "away", folder / name
    path.rename(away)
    path.symlink_to(away)
    with pytest.raises(ModelFolderError, match=f"{name}: a link out of the folder"):
        read_folder(folder)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ModelFolderError, match=f"{name}: not a regular file"):
        read_folder(folder)
    path.unlink()
    with path.open("wb") as file:
        file.truncate(1 << 40)  # holds nothing, and says that it holds a terabyte
    with pytest.raises(ModelFolderError, match=f"{name}: 1,099,511,627,776 bytes"):
        read_folder(folder)


def test_mutated_folders_are_the_same_model_or_refused(tiny_run):
    script = [sys.executable, ROOT / "scripts/mutate.py", tiny_run / "model", "--mutations", "60"]
    done = subprocess.run(script, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
