#!/usr/bin/env bash
# The card of a model under swae_text/pretrained: every figure stands under the command that printed it,
# and paths and edits start from the model's own samples, chosen by seed and not by taste.
#   scripts/model_card.sh yelp runs/yelp sentiment=negative tense=past > runs/yelp/card.md
# The corpus names the model; then comes its run, and then edits to a label. What `evaluate` printed about
# the run is in its evaluate.txt, after the command. Of RUN-more and RUN-last the card tells what RUN was, too.
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
import json, pathlib, sys
first = sys.argv[1].removesuffix("-more").removesuffix("-last")
for run in (path for path in (first, first + "-more", first + "-last") if pathlib.Path(path).is_dir()):
    for row in map(json.loads, open(pathlib.Path(run, "metrics.jsonl"))):
        if row["step"] % 2000 == 0:
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
