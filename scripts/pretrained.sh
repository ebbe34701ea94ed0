#!/usr/bin/env bash
# How a model under swae_text/pretrained is made, with its attributes and its card; every figure in
# the card stands under the command that printed it. Hours on two cores; a run that was stopped goes on.
#   scripts/pretrained.sh yelp 22000 YELP sentiment:YELP:label:0 tense:TENSE:tense:past
#   scripts/pretrained.sh snli 13000 SNLI
# YELP and SNLI are folders with train, valid and test files; TENSE a file of
# labelled sentences; an attribute is NAME:DATA:COLUMN:LABEL, and edits go to LABEL.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

corpus=$1 steps=$2 source=$3
shift 3
run=runs/$corpus-small
model=swae_text/pretrained/$corpus-small
card=$run/card.md

resume=$([ -f "$run/config.yaml" ] && echo --resume || true)
# shellcheck disable=SC2086 - nothing, or one word
swae-text train "configs/$corpus-transformer.yaml" $resume --set "name=$corpus-small" \
    --set "corpus.source=$source" --set training.precision=bfloat16 \
    --set "training.stage_one.steps=$steps" --set stage_two.hidden=512
swae-text export "$run" "$model" --half

mkdir -p "$model/attributes"
for attribute in "$@"; do
    IFS=: read -r name data column _ <<< "$attribute"
    swae-text attribute fit "$model" --data "$data" --label "$column" --probe slots --limit 100000 \
        --out "$model/attributes/$name.safetensors"
done
swae-text attribute fit "$model" --value words --space code --method ridge \
    --out "$model/attributes/length.safetensors"

show() { # a command and what it prints
    printf '\n```console\n$ %s\n' "$1"
    M=$model bash -c "$1"
    printf '```\n'
}
{
    sed '/^```python/,$d' "$model/README.md"
    echo "Trained by \`scripts/pretrained.sh $corpus $steps …\` of the project. Figures, each under its command; M is this folder."
    echo "Paths and edits start from the model's own samples, chosen by seed."
    printf '\n## Figures\n'
    show 'swae-text evaluate $M --split test --format table'
    printf '\n## Learning curve\n\nBLEU of the first 1,000 validation sentences.\n\n| stage | step | BLEU | exact |\n|---|---|---|---|\n'
    python -c '
import json, sys
for row in map(json.loads, open(sys.argv[1])):
    print("|", row["stage"], "|", row["step"], "|", row["valid_bleu"], "|", row["valid_exact"], "|")
' "$run/metrics.jsonl"
    printf '\n## Twenty interpolations\n'
    show 'swae-text sample $M -n 40 --seed 1 --format text | paste - - | swae-text interpolate $M --pairs - --steps 5 --collapse --format text'
    for attribute in "$@"; do
        IFS=: read -r name _ _ label <<< "$attribute"
        printf '\n## Twenty edits: %s\n' "$name"
        show "swae-text sample \$M -n 20 --seed 2 --format text | swae-text attribute apply \$M $name --to $label"
    done
} > "$card"
swae-text export "$run" "$model" --half --card "$card"
