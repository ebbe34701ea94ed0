from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from swae_text.config import RunConfig, dump_config, load_config, parse_config
from swae_text.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("name: mine\nstage_two:\n  levels:\n    - latent_dim: 32\n")
    return path


@pytest.mark.parametrize(
    "path",
    [path for path in sorted((ROOT / "configs").rglob("*.yaml")) if "benchmarks" not in path.parts],
    ids=lambda path: path.stem,
)
def test_every_config_of_the_project_is_valid(path):
    load_config(path)


@given(
    st.integers(1, 8),
    st.floats(0, 2),
    st.sampled_from(["none", "mmd", "sliced", "adversarial"]),
    st.sampled_from(["gaussian", "mixture"]),
)
def test_a_dumped_config_parses_to_itself(slots, noise, regulariser, prior):
    tree = {
        "model": {
            "slots": slots,
            "code_dim": slots * 4,
            "code_noise": noise,
            "regulariser": {"kind": regulariser},
        },
        "stage_two": {"prior": {"kind": prior}},
    }
    config = parse_config(tree)
    assert parse_config(yaml.safe_load(dump_config(config))) == config


def test_files_are_laid_over_each_other(tmp_path):
    below, above = tmp_path / "below.yaml", tmp_path / "above.yaml"
    below.write_text("model: {slots: 4, code_dim: 32, regulariser: {kind: mmd, weight: 3}}\n")
    above.write_text("model: {slots: 2, regulariser: {kind: sliced, projections: 9}}\n")
    model = load_config([below, above], ["seed=3"]).model
    assert (model.slots, model.code_dim) == (2, 32)  # groups are merged …
    assert model.regulariser.model_dump() == {"kind": "sliced", "weight": 10.0, "projections": 9}
    with pytest.raises(ConfigError, match=r"below\.yaml \+ .*above\.yaml: model: "):
        load_config([below, above], ["model.slots=5"])  # … and a kind replaces what it lies on


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model={regulariser: {kind: kl}}", "needs free codes"),
        ("model={variance: {penalty: l1}}", "needs free codes"),
        ("model={normalise: false, variance: {}, regulariser: {kind: kl}}", "variance of its own"),
        ("stage_two={divergence: {kind: adversarial, generator: {}}}", "stage one only"),
        ("stage_two={kind: tree}", "tree"),
        ("stage_two=none", "stage_two"),
    ],
)
def test_impossible_methods_are_refused(override, message):
    with pytest.raises(ConfigError, match=message):
        load_config(None, [override])


def test_a_flow_is_not_finetuned():
    settings = ["stage_two={kind: flow}", "training.stage_two.finetune_steps=5"]
    with pytest.raises(ConfigError, match="a flow has no"):
        load_config(None, settings)


@pytest.mark.parametrize("setting", ["noise", "noise_level"])
def test_samples_of_codes_of_any_length_have_no_noise(setting):
    with pytest.raises(ConfigError, match=r"model\.normalise=true, or leave"):
        load_config(None, ["model.normalise=false", f"sampling.{setting}=0.5"])
    assert load_config(None, [f"sampling.{setting}=0.5"]).sampling.but(**{setting: 0}).noise == 0


def test_guidance_wants_a_decoder_that_can_write_without_a_code():
    load_config(None, ["sampling.guidance=0.7", "model.code_dropout=0.1"])
    with pytest.raises(ConfigError, match=r"model\.code_dropout above 0, or leave"):
        load_config(None, ["sampling.guidance=0.7"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["model.label_weight=1", "corpus.window=1000"], "a stream carries no labels"),
        (["corpus.source=-", "training.devices=2"], "there for one process"),
        (["model.regulariser={kind: mmd, kernel: {kind: imq, scales: []}}"], "scales"),
    ],
)
def test_what_would_do_nothing_or_cannot_be_is_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        load_config(None, settings)


def test_rare_pieces_are_known_to_a_unigram_tokenizer_only():
    load_config(None, ["sampling.best_by=slor"])
    with pytest.raises(ConfigError, match=r"algorithm=unigram, or leave"):
        load_config(None, ["sampling.best_by=slor", "tokenizer.algorithm=bpe"])


@pytest.mark.parametrize(
    "wrong",
    [
        "noise=-1",
        "rounds=-1",
        "best_of=0",
        "best_of=65",
        "deviation=0",
        "min_p=2",
        "guidance=-1",
        "guidance=.inf",
    ],
)
def test_samples_are_drawn_within_bounds(wrong):
    with pytest.raises(ConfigError, match=rf"sampling\.{wrong.partition('=')[0]}: Input should be"):
        load_config(None, [f"sampling.{wrong}"])


def test_overrides_reach_every_depth_and_the_last_wins(file):
    config = load_config(
        file,
        [
            "seed=1",
            "seed=2",
            "model.corruption.drop=0.25",
            "stage_two.levels.0.latent_dim=16",
            "corpus.text=[premise, hypothesis]",
            "stage_two.divergence={kind: sliced, projections: 9}",
        ],
    )
    assert (config.seed, config.model.corruption.drop) == (2, 0.25)
    assert config.stage_two.levels[0].latent_dim == 16
    assert config.corpus.text == ("premise", "hypothesis")
    assert config.stage_two.divergence.projections == 9
    assert load_config(file).seed == 0


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("model.codedim=1", "model.codedim: unknown setting"),
        ("model.code_dim=many", "model.code_dim"),
        ("model.code_dim=-1", "greater than 0"),
        ("mo\ndel.slots=3", "mo del: unknown setting"),
        ("model.slots=3", "slots=3 does not divide code_dim=128"),
        ("model.regulariser.kind=gan", "model.regulariser"),
        ("model.regulariser.kind=kl", "model.normalise=false"),
        ("name=a/b", "name"),
        ("corpus.min_words=30", "min_words=30 is above max_words=20"),
        ("seed", "write it as a.b=value"),
        ("seed.part=1", "single value|seed"),
        ("stage_two.levels.4.latent_dim=1", "not a position in a list of 1"),
        ("seed=[", "not valid YAML"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(file, override, words):
    with pytest.raises(ConfigError, match=words) as caught:
        load_config(file, [override])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"a: [", r":1: not valid YAML|not valid YAML"), (b"- 1", "list"), (b"\xff", "UTF-8")],
)
def test_a_file_that_is_no_config_is_named(tmp_path, data, words):
    path = tmp_path / "bad.yaml"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=words) as caught:
        load_config(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named():
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read"):
        load_config("none.yaml")


def test_settings_do_not_change_and_have_descriptions():
    config = RunConfig()
    with pytest.raises(ValueError, match="frozen"):
        config.seed = 1
    for name, field in type(config.model).model_fields.items():
        if name not in ("encoder", "decoder", "corruption", "regulariser"):
            assert field.description, name
