#!/usr/bin/env bash
# Train on the quickstart corpus (film reviews in a Python package, no download from a hub) and show
# what the space can do. A run that was stopped goes on; one that is done is used again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

config=configs/quickstart.yaml
run=runs/quickstart

title() { printf '\n== %s\n' "$*" >&2; }

title "train (Ctrl-C stops it; make demo goes on from there)"
if [ -d "$run" ]; then
    swae-text train "$config" --resume
else
    swae-text train "$config"
fi

title "judge: held-out sentences through each stage, samples beside real text"
swae-text evaluate "$run" --split test --only reconstruction,samples --lm ngrams --format table

title "interpolate"
swae-text interpolate "$run" "I loved every minute of it." "The plot makes no sense at all." \
    --steps 7 --format table

title "move along an attribute: from negative to positive reviews"
swae-text attribute fit "$run" --data quickstart --out "$run/sentiment.safetensors"
for strength in 8 16; do
    printf '%s\n' "The acting was terrible." "A boring film with a weak plot." |
        swae-text attribute apply "$run" "$run/sentiment.safetensors" --strength "$strength" --format text
done
