#!/usr/bin/env bash
# How a model under swae_text/pretrained is made, with its attributes and its card, by the runs that
# scripts/pretrained/CORPUS.txt names. Hours on two cores; a run that was stopped goes on.
#   scripts/pretrained.sh yelp YELP sentiment:SENTIMENT:sentiment:negative:slots tense:TENSE:tense:past:line
#   scripts/pretrained.sh snli SNLI
# YELP and SNLI are folders with train, valid and test files; SENTIMENT is YELP with its labels 0 and 1
# called negative and positive, TENSE has labelled sentences of the same kind. After the corpus come
# attributes, NAME:DATA:COLUMN:LABEL:PROBE; the card's edits go to LABEL.
# More noise gives fluent samples, a little less and a long fall of the rate give reconstruction back,
# dropped codes a language model, crossover faithfulness to new sentences, latent noise good draws. The
# folder, with attributes, may hold 12 MB, which sets the width of stage two.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

corpus=$1 source=$2
shift 2
recipe=scripts/pretrained/$corpus.txt
model=swae_text/pretrained/$corpus-small

of() { # what the recipe says of the runs of this name, in words
    sed -n "s/^$1 *//p" "$recipe"
}
train() { # name of the run, steps of stage one, settings
    local run=$corpus-$1 stage=one word options=()
    [ -f "runs/$run/config.yaml" ] && options+=(--resume)
    for word in $(of all) "training.stage_one.steps=$2" "${@:3}"; do
        case $word in
        both) stage=all ;;
        cooldown=* | learning_rate=*) options+=(--set "training.stage_one.optimiser.$word") ;;
        batch_tokens=*) options+=(--set "training.stage_one.$word") ;;
        *) options+=(--set "$word") ;;
        esac
    done
    swae-text train "configs/$corpus-transformer.yaml" --stage "$stage" --set "name=$run" \
        --set "corpus.source=$source" --set training.precision=bfloat16 \
        --set training.stage_two.steps=10000 --set 'sampling={}' "${options[@]}" "${from[@]}"
    last=runs/$run
    from=(--from "$last/model" --set model.noise_warmup=0)
}
from=()
while read -r name steps settings; do
    case $name in \#* | all | samples) continue ;; esac
    # shellcheck disable=SC2086  # settings are words
    train "$name" "$steps" $settings < /dev/null
done < "$recipe"

export=(swae-text export "$last" "$model" --half)
for setting in $(of samples); do
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
{ echo "\$ $judge"; $judge; } > "$last/evaluate.txt"
scripts/model_card.sh "$corpus" "$last" "${edits[@]}" > "$last/card.md"
"${export[@]}" --card "$last/card.md"
