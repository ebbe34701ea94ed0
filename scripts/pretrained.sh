#!/usr/bin/env bash
# How a model under swae_text/pretrained is made, with its attributes and its card. Hours on two cores; a
# run that was stopped goes on.
#   HIDDEN=432 FURTHER="more:30000" SAMPLES="noise_level=0.8 deviation=1.05" scripts/pretrained.sh yelp YELP \
#       22000 sentiment:SENTIMENT:sentiment:negative:slots tense:TENSE:tense:past:line
#   HIDDEN=432 FURTHER="more:30000 last:9000:0.8 least:6000:0.5 4:12000:0.4 5:16000:0.8" scripts/pretrained.sh snli SNLI 8000
# YELP and SNLI are folders with train, valid and test files; SENTIMENT is YELP with its labels 0 and 1
# called negative and positive, TENSE has labelled sentences of the same kind. After the steps come
# attributes, NAME:DATA:COLUMN:LABEL:PROBE; the card's edits go to LABEL. FURTHER are runs NAME:STEPS:NOISE,
# each of which begins with the weights of the one before it, under full noise all along; with a NOISE under
# that much and with a long fall of the learning rate, which trades fluency to spare for reconstruction.
# HIDDEN is the width of stage two: the limit is 12 MB, attributes counted. SAMPLES says how the model draws
# samples by itself, chosen on valid.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

corpus=$1 source=$2 steps=$3
shift 3
run=$corpus
model=swae_text/pretrained/$corpus-small

train() { # name of the run, steps of stage one, more options
    local resume=()
    [ -f "runs/$1/config.yaml" ] && resume=(--resume)
    swae-text train "configs/$corpus-transformer.yaml" "${resume[@]}" --set "name=$1" \
        --set "corpus.source=$source" --set training.precision=bfloat16 \
        --set "training.stage_one.steps=$2" --set "stage_two.hidden=${HIDDEN:-512}" "${@:3}"
}
train "$run" "$steps" ${FURTHER:+--stage one}
read -ra further <<< "${FURTHER:-}"
for i in "${!further[@]}"; do
    IFS=: read -r name steps noise <<< "${further[i]}"
    options=(--from "runs/$run/model" --set model.noise_warmup=0 --set training.stage_two.steps=10000)
    [ -n "$noise" ] && options+=(--set "model.code_noise=$noise" --set training.stage_one.optimiser.cooldown=0.7)
    [ "$((i + 1))" -lt "${#further[@]}" ] && options+=(--stage one)
    run=$corpus-$name
    train "$run" "$steps" "${options[@]}"
done
run=runs/$run
export=(swae-text export "$run" "$model" --half)
for setting in ${SAMPLES:-}; do
    export+=(--set "sampling.$setting")
done
"${export[@]}"

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

judge="swae-text evaluate $corpus-small --split test --beams 5 --format table"
{ echo "\$ $judge"; $judge; } > "$run/evaluate.txt"
scripts/model_card.sh "$corpus" "$run" "${edits[@]}" > "$run/card.md"
"${export[@]}" --card "$run/card.md"
