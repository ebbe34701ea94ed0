#!/usr/bin/env bash
# The card of a model under swae_text/pretrained: every figure stands under the command that printed it,
# and paths and edits start from the model's own samples, chosen by seed and not by taste.
#   scripts/model_card.sh yelp runs/yelp sentiment=negative tense=past > runs/yelp/card.md
# The corpus names the model; then comes its run, and then edits to a label. What `evaluate` printed about
# the run is in its evaluate.txt, after the command. Runs that it began with, by their weights, come first in the curve.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

corpus=$1 run=$2
shift 2
model=swae_text/pretrained/$corpus-small

show() { # a command and what it prints
    printf '\n```console\n$ %s\n' "$1"
    M=$corpus-small bash -c "$1"
    printf '```\n'
}
sed '/^```python/,$d' "$model/README.md"
echo "Made by \`scripts/pretrained.sh\` of the project; M is \`$corpus-small\` below."
printf '\n## Figures\n'
printf '\n```console\n'
cat "$run/evaluate.txt"
printf '```\n'
printf '\n## Learning curve\n\nBLEU and exact matches of the first 1,000 validation sentences.\n'
printf '\n| run | stage | step | BLEU | exact |\n|---|---|---|---|---|\n'
python -c '
import json, pathlib, sys, yaml
runs = [pathlib.Path(sys.argv[1])]
while start := yaml.safe_load(open(runs[0] / "config.yaml"))["training"]["stage_one"]["start"]:
    if not (pathlib.Path(start).parent / "config.yaml").exists():
        break  # of a model that is no run
    runs.insert(0, pathlib.Path(start).parent)
for run in runs:
    for row in map(json.loads, open(run / "metrics.jsonl")):
        if row["step"] % 2000 == 0 and (row["stage"] == "one" or run == runs[-1]):
            told = (row[name] for name in ("stage", "step", "valid_bleu", "valid_exact"))
            print("|", run, "|", *(f"{value} |" for value in told))
' "$run"
printf '\n## Twenty interpolations\n'
show 'swae-text sample $M -n 40 --seed 1 --format text | paste - - |
    swae-text interpolate $M --pairs - --steps 5 --format text'
for edit in "$@"; do
    printf '\n## Twenty edits: %s\n' "$edit"
    show "swae-text sample \$M -n 20 --seed 2 --format text |
    swae-text attribute apply \$M ${edit%%=*} --to ${edit#*=}"
done
