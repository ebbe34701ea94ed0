#!/usr/bin/env bash
# How a model under swae_text/pretrained is made, with its attributes and its card. Hours on two cores (the
# runs called gpu: minutes of a GPU); a run that was stopped goes on.
#   export HIDDEN=432
#   SEPARATION=4.5 \
#       SAMPLES="temperature=0.7 min_p=0.05 guidance=0.8 noise=1.2 deviation=1.05 best_of=8 best_by=slor" \
#       FURTHER="more:30000 noise2:4000:2.0:0.7 far:17000:2.0:0.5 near:8000:1.4:0.8:1 label:8000:1.4:0.8:5
#           next:24000:2.0:0.5:5 last:7000:1.6:0.8:5 null:10000:1.6:0.7:5:0.15 null2:12000:1.2:0.8:5:0.4
#           null3:20000:1:0.7:5:0.4 gpu:9800:1:0.7:5:0.3:8192:0.1" \
#       scripts/pretrained.sh yelp YELP 22000 \
#       sentiment:SENTIMENT:sentiment:negative:slots tense:TENSE:tense:past:line
#   SAMPLES="temperature=1 min_p=0.03 guidance=0.8 noise=1.2 deviation=1.12 best_of=8 best_by=slor" \
#       FURTHER="more:30000 last:9000:0.8:0.7 least:6000:0.5:0.7 4:12000:0.4:0.7 5:16000:0.8:0.7
#           null:8000:0.5:0.7::0.15 null2:8000:0.8:0.8::0.3 gpu:3700:0.7:0.7::0.3:4096:0.15
#           cross:7300:0.7:0.7::0.3:768:0.15:0.35 cross2:10200:0.8:0.7::0.3:1536:0.15:0.3" \
#       scripts/pretrained.sh snli SNLI 8000
# YELP and SNLI are folders with train, valid and test files; SENTIMENT is YELP with its labels 0 and 1
# called negative and positive, TENSE has labelled sentences of the same kind. After the steps come
# attributes, NAME:DATA:COLUMN:LABEL:PROBE; the card's edits go to LABEL. FURTHER are runs
# NAME:STEPS[:NOISE:COOLDOWN[:LABELS[:DROPPED[:TOKENS:DROPOUT[:CROSSED]]]]], each of which begins with the weights
# of the one before it:
# NOISE is `model.code_noise`, all along (1.2); COOLDOWN the share of the steps in which the learning rate falls
# (0.3); LABELS the weight of a line that reads the label from the noisy code; DROPPED `model.code_dropout` (0);
# TOKENS of a batch (768), DROPOUT of the layers (0) and CROSSED `model.crossover.share` (0).
# More noise gives fluent samples, a little less and a long fall give reconstruction back, dropped codes a
# language model. HIDDEN is the width of stage two: the limit is 12 MB, attributes counted; with SEPARATION its
# prior has a component each label, as far apart. SAMPLES says how the model draws by itself, chosen on valid.
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
        --set "training.stage_one.steps=$2" --set "stage_two.hidden=${HIDDEN:-512}" \
        --set "model.code_noise=${noise:-1.2}" --set "training.stage_one.optimiser.cooldown=${cooldown:-0.3}" \
        --set "model.code_dropout=${dropped:-0}" --set 'sampling={}' "${@:3}"
}
train "$run" "$steps" ${FURTHER:+--stage one}
further=(${FURTHER:-})  # split at spaces and ends of lines
for i in "${!further[@]}"; do
    IFS=: read -r name steps noise cooldown labels dropped tokens dropout crossed <<< "${further[i]}"
    options=(--from "runs/$run/model" --set model.noise_warmup=0 --set training.stage_two.steps=10000)
    [ -n "$labels" ] && options+=(--set "model.label_weight=$labels")
    [ -n "$crossed" ] && options+=(--set "model.crossover.share=$crossed")
    [ -n "$tokens" ] && options+=(--set "training.stage_one.batch_tokens=$tokens")
    for side in ${dropout:+encoder decoder}; do
        options+=(--set "model.$side.dropout=$dropout")
    done
    [ -n "${SEPARATION:-}" ] && options+=(--set "stage_two.prior={kind: mixture, separation: $SEPARATION}")
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
