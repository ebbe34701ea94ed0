#!/usr/bin/env bash
# How a model under swae_text/pretrained is made, with its attributes and its card. Hours on two cores; a
# run that was stopped goes on.
#   MORE=30000 HIDDEN=432 scripts/pretrained.sh yelp YELP 22000 0.0 sentiment:SENTIMENT:sentiment:negative:slots tense:TENSE:tense:past:line
#   scripts/pretrained.sh snli SNLI 8000 0.5
# YELP and SNLI are folders with train, valid and test files; SENTIMENT is YELP with its labels 0 and 1
# called negative and positive, TENSE has labelled sentences of the same kind. After the steps comes the temperature of samples; an attribute is NAME:DATA:COLUMN:LABEL:PROBE,
# and the card's edits go to LABEL. MORE steps are a second run that begins with the weights of the first,
# under full noise; HIDDEN is the width of stage two: the limit is 12 MB, attributes counted.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

corpus=$1 source=$2 steps=$3 temperature=$4
shift 4
run=$corpus
model=swae_text/pretrained/$corpus-small

train() { # name of the run, steps of stage one, more options
    local resume=()
    [ -f "runs/$1/config.yaml" ] && resume=(--resume)
    swae-text train "configs/$corpus-transformer.yaml" "${resume[@]}" --set "name=$1" \
        --set "corpus.source=$source" --set training.precision=bfloat16 \
        --set "training.stage_one.steps=$2" --set "stage_two.hidden=${HIDDEN:-512}" "${@:3}"
}
train "$run" "$steps" ${MORE:+--stage one}
if [ -n "${MORE:-}" ]; then
    train "$run-more" "$MORE" --from "runs/$run/model" --set model.noise_warmup=0 \
        --set training.stage_two.steps=10000
    run=$run-more
fi
run=runs/$run
swae-text export "$run" "$model" --half

mkdir -p "$model/attributes"
edits=()
for attribute in "$@"; do
    IFS=: read -r name data column label probe <<< "$attribute"
    swae-text attribute fit "$model" --data "$data" --label "$column" --probe "$probe" --space code \
        --limit 100000 --out "$model/attributes/$name.safetensors"
    edits+=("$name=$label")
done
swae-text attribute fit "$model" --value words --space code --method ridge \
    --out "$model/attributes/length.safetensors"

judge="swae-text evaluate $run --split test --temperature $temperature --format table"
{ echo "\$ $judge"; $judge; } > "$run/evaluate.txt"
scripts/model_card.sh "$corpus" "$run" "${edits[@]}" > "$run/card.md"
swae-text export "$run" "$model" --half --card "$run/card.md"
