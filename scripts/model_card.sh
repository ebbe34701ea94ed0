#!/usr/bin/env bash
# The card of a model under swae_text/pretrained: every figure stands under the command that printed it,
# and paths and edits start from the model's own samples, chosen by seed and not by taste.
#   scripts/model_card.sh yelp sentiment=0 tense=past > runs/yelp/card.md
# The corpus names the run and the model; then come edits to a label. What `evaluate` printed about the run
# is in runs/yelp/evaluate.txt, after its command.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

corpus=$1
shift
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
cat "runs/$corpus/evaluate.txt"
printf '```\n'
printf '\n## Learning curve\n\nBLEU and exact matches of the first 1,000 validation sentences.\n'
printf '\n| stage | step | BLEU | exact |\n|---|---|---|---|\n'
python -c '
import json, sys
for row in map(json.loads, open(sys.argv[1])):
    if row["step"] % 2000 == 0:
        print("|", row["stage"], "|", row["step"], "|", row["valid_bleu"], "|", row["valid_exact"], "|")
' "runs/$corpus/metrics.jsonl"
printf '\n## Twenty interpolations\n'
show 'swae-text sample $M -n 40 --seed 1 --format text | paste - - |
    swae-text interpolate $M --pairs - --steps 5 --format text'
for edit in "$@"; do
    printf '\n## Twenty edits: %s\n' "$edit"
    show "swae-text sample \$M -n 20 --seed 2 --format text |
    swae-text attribute apply \$M ${edit%%=*} --to ${edit#*=}"
done
