import json

import yaml

from swae_text.config import RunConfig, parse_config


def test_show_prints_a_file_that_gives_the_same_settings(command, tmp_path):
    first = command("config", "show", "--set", "model.code_dim=64", "--set", "name=mine")
    assert first.code == 0
    (tmp_path / "mine.yaml").write_text(first.out)
    assert command("config", "show", tmp_path / "mine.yaml").out == first.out
    assert parse_config(yaml.safe_load(first.out)).model.code_dim == 64


def test_schema_describes_every_group(command):
    schema = json.loads(command("config", "schema").out)
    assert set(schema["properties"]) == set(RunConfig.model_fields)
    assert schema["$defs"]["ModelConfig"]["properties"]["code_dim"]["description"]
