"""Results as tables of plain cells, for a terminal or for Markdown."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from swae_text.config import SamplingConfig

Cell = str | float | int | None


@dataclass(frozen=True)
class Table:
    """A title, names of columns, and rows of cells; the note below says how to repeat it."""

    title: str
    header: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    note: str = ""

    def markdown(self) -> str:
        """The table for a document: two decimals, a dash for what does not exist."""
        lines = [self.header, ["---"] * len(self.header)]
        lines += [[_text(cell) for cell in row] for row in self.rows]
        body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return f"### {self.title}\n\n{body}\n" + (f"\n{self.note}\n" if self.note else "")


def evaluation_tables(result: Mapping[str, Any]) -> list[Table]:
    """Every section that an ``Evaluation`` has, given as plain values."""
    sections = (
        ("reconstruction", _reconstruction),
        ("samples", _perplexities),
        ("samples", _diversities),
        ("holes", _holes),
        ("latent", _latent),
        ("paths", _paths),
        ("transfer", _transfer),
    )
    return [make(result) for part, make in sections if result[part]]


def benchmark_tables(
    results: Sequence[Mapping[str, Any]],
    title: str,
    compare: Sequence[str] = (),
    split: str = "test",
) -> list[Table]:
    """The comparison on one split, what reconstructs like ``compare``, and what was tried."""
    finals = [result for result in results if result["split"] == split]
    tried = [result for result in results if result["split"] != split]
    tables = [benchmark_table(finals, title)] if finals else []
    if any(r["method"] in compare and r["samples"] for r in finals):
        tables.append(_equals(finals, compare))
    return tables + ([_choices(tried)] if tried else [])


def _equals(results: Sequence[Mapping[str, Any]], compare: Sequence[str]) -> Table:
    """Perplexities over those of a few rows, in the pairs of runs whose BLEU is within 2.

    Perplexity and reconstruction pull against each other, so that only such pairs say who is
    better. Runs and not means: seeds of one method may reconstruct ten BLEU apart. Ratios are
    geometric means over the pairs.
    """
    lms = list(results[0]["evidence"]["evaluation"]["lms"])
    ways = [(way, lm) for lm in lms for way in ("forward", "reverse")]
    sampled = [r for r in results if r["samples"]]
    own = [r for r in sampled if r["method"] in compare]

    def ratio(theirs: Mapping[str, Any], ours: Mapping[str, Any], way: str, lm: str) -> float:
        return float(
            theirs["samples"][-1][way][lm]["value"] / ours["samples"][-1][way][lm]["value"]
        )

    rows: list[tuple[Cell, ...]] = []
    for method in dict.fromkeys(r["method"] for r in sampled if r["method"] not in compare):
        its = [r for r in sampled if r["method"] == method]
        pairs = [(r, o) for r in its for o in own if abs(_bleu(r) - _bleu(o)) <= 2]
        if pairs:
            bleu = [statistics.fmean(_bleu(pair[side]) for pair in pairs) for side in (0, 1)]
            ratios = [
                statistics.geometric_mean(ratio(*pair, way, lm) for pair in pairs)
                for way, lm in ways
            ]
            rows.append((method, _steps(its[0]["settings"]), len(pairs), *bleu, *ratios))
    ratios_of = (f"{way} {lm}, ratio" for way, lm in ways)
    header = ("method", "steps", "pairs", "BLEU", "their BLEU", *ratios_of)
    title = f"Runs within 2 BLEU of those of {', '.join(compare)}: perplexity over theirs"
    return Table(title, header, rows)


def _bleu(result: Mapping[str, Any]) -> float:
    """Of reconstruction through everything that the model has."""
    return float(result["reconstruction"][-1]["bleu"])


def _choices(results: Sequence[Mapping[str, Any]]) -> Table:
    lms = list(results[0]["evidence"]["evaluation"]["lms"])
    header = (
        "method",
        "tried",
        "BLEU",
        *(f"{way} {lm}" for lm in lms for way in ("forward", "reverse")),
    )
    rows: list[tuple[Cell, ...]] = []
    for result in results:
        made = result["samples"][-1] if result["samples"] else None
        scores = [
            made[w][lm]["value"] if made else None for lm in lms for w in ("forward", "reverse")
        ]
        tried = ", ".join(f"{key}={value}" for key, value in result["tried"].items())
        rows.append((result["method"], tried, _bleu(result), *scores))
    return Table("Chosen on the validation split", header, rows)


def benchmark_table(results: Sequence[Mapping[str, Any]], title: str) -> Table:
    """One row a method, mean ± deviation over its seeds, under the rows of real text."""
    lms = list(results[0]["evidence"]["evaluation"]["lms"])
    header = ["method", "seeds", "BLEU", "exact %"]
    header += [f"{way} {lm}" for lm in lms for way in ("forward", "reverse")]
    header += ["self-BLEU", "distinct-2", "copied %", "told apart %", "mid/ends"]
    header += ["temperature", "steps"]
    rows: list[tuple[Cell, ...]] = [_yardstick(row, lms) for row in _first_samples(results)]
    for method in dict.fromkeys(result["method"] for result in results):
        rows.append(_method([r for r in results if r["method"] == method], lms))
    return Table(title, tuple(header), rows, _benchmark_note(results))


def _first_samples(results: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows ``real`` and ``5-gram``: the same in every result."""
    rows: list[Mapping[str, Any]] = next((r["samples"] for r in results if r["samples"]), [])
    return [row for row in rows if row["name"] != "model"]


def _yardstick(row: Mapping[str, Any], lms: Iterable[str]) -> tuple[Cell, ...]:
    cells: list[Cell] = [f"*{row['name']}*", None, None, None]
    cells += [row[way][lm]["value"] for lm in lms for way in ("forward", "reverse")]
    spread = row["diversity"]
    cells += [spread["self_bleu"], spread["distinct_2"], 100 * spread["copied"]]
    return (*cells, None, None, None, None)


def _method(results: Sequence[Mapping[str, Any]], lms: Iterable[str]) -> tuple[Cell, ...]:
    """Mean ± deviation of each number over the seeds."""
    through = [result["reconstruction"][-1] for result in results]
    made = [result["samples"][-1] for result in results if result["samples"]]
    columns = [
        [row["bleu"] for row in through],
        [100 * row["exact_match"] for row in through],
        *([row[way][lm]["value"] for row in made] for lm in lms for way in ("forward", "reverse")),
        [row["diversity"]["self_bleu"] for row in made],
        [row["diversity"]["distinct_2"] for row in made],
        [100 * row["diversity"]["copied"] for row in made],
        [100 * r["latent"]["two_sample"]["accuracy"] for r in results if r["latent"]],
        [r["paths"]["perplexity"]["middle_to_ends"] for r in results if r["paths"]],
    ]
    first = results[0]
    last = (_temperature(first["evidence"]), _steps(first["settings"]))
    return (first["method"], len(results), *map(mean_deviation, columns), *last)


def _steps(settings: Mapping[str, Any]) -> str:
    """Optimiser steps of both stages."""
    training = settings["training"]
    second = training["stage_two"]["steps"] if settings["stage_two"] else 0
    return f"{training['stage_one']['steps']} + {second}"


def mean_deviation(values: Sequence[float]) -> str | None:
    """``12.3 ± 0.4`` (sample deviation), or one number where there is one; None for none."""
    if not values:
        return None
    mean = statistics.fmean(values)
    digits = 0 if mean >= 1000 else 1 if mean >= 10 else 3 if mean < 1 else 2
    deviation = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{mean:.{digits}f}{deviation}"


def _benchmark_note(results: Sequence[Mapping[str, Any]]) -> str:
    """What the numbers are of."""
    evidence, first = results[0]["evidence"], results[0]["reconstruction"][-1]
    samples = _first_samples(results)
    lms = [row["lm"] for row in samples[0]["forward"].values()] if samples else []
    settings = evidence["evaluation"]
    parts = [
        f"{evidence['corpus']}, {evidence['split']}, n={evidence['n']}",
        f"samples={settings['samples']}, seed {settings['seed']}; temperature 0 is greedy",
        f"BLEU `{first['signature']}`",
        "perplexity a word with end of sentence under " + ", ".join(f"`{lm}`" for lm in lms),
        f"swae_text {evidence['version']}",
    ]
    return "; ".join(parts) + "."


def _temperature(evidence: Mapping[str, Any]) -> str:
    """Of the decoder when it wrote samples, and what else was chosen for them.

    Results of before there was a choice are greedy.
    """
    asked = evidence["evaluation"]
    usual = SamplingConfig().model_dump(exclude={"temperature"})
    told = [
        f"{name.replace('_', ' ')} {chosen if isinstance(chosen, str) else f'{chosen:g}'}"
        for name, value in usual.items()
        if (chosen := asked.get(name, value)) != value
    ]
    return ", ".join([f"{asked.get('temperature', 0.0):g}", *told])


def _reconstruction(result: Mapping[str, Any]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            row["through"],
            row["bleu"],
            row["sentence_bleu"],
            100 * row["exact_match"],
            row["edit_distance"],
            _percent(row["token_accuracy"]),
        )
        for row in result["reconstruction"]
    ]
    first = result["reconstruction"][0]
    note = f"{first['signature']}; of sentences: {first['sentence_signature']}"
    if result["likelihood"]:
        bound = result["likelihood"]
        note += (
            f"; likelihood: perplexity {bound['value']:.2f} a word ({bound['lm']}, n={bound['n']})"
        )
    header = ("through", "BLEU", "mean sentence BLEU", "exact %", "edits a word", "tokens %")
    return Table("Reconstruction", header, rows, note)


def _perplexities(result: Mapping[str, Any]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            row["name"],
            lm,
            row["forward"][lm]["value"],
            row["reverse"][lm]["value"],
            row["forward"][lm]["unknown"],
            row["n"],
        )
        for row in result["samples"]
        for lm in row["forward"]
    ]
    signatures = [score["lm"] for score in result["samples"][0]["forward"].values()]
    signatures.append(f"samples at temperature (0: greedy) {_temperature(result['evidence'])}")
    header = ("samples", "LM", "forward", "reverse", "unknown words", "n")
    return Table("Perplexity a word, end of sentence included", header, rows, "; ".join(signatures))


def _diversities(result: Mapping[str, Any]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for row in result["samples"]:
        d = row["diversity"]
        rows.append(
            (
                row["name"],
                d["self_bleu"],
                d["distinct_1"],
                d["distinct_2"],
                d["kl"],
                d["entropy"],
                d["mean_length"],
                100 * d["copied"],
                row.get("nearest_dice"),
            )
        )
    spread = ("self-BLEU", "distinct-1", "distinct-2", "unigram KL", "entropy", "length")
    header = ("samples", *spread, "copied %", "nearest Dice")
    return Table(
        "Diversity and coverage", header, rows, result["samples"][0]["diversity"]["signature"]
    )


def _holes(result: Mapping[str, Any]) -> Table:
    holes = result["holes"]
    rows: list[tuple[Cell, ...]] = [
        (row["name"], row["forward"]["value"], row["reverse"]["value"], row["n"])
        for row in holes["rows"]
    ]
    far = holes["distance"]
    note = "samples are as far from the codes of what they say as noise of deviation "
    note += "∞" if far is None else f"{far:.2f}"
    note += f" would carry a code; what they say comes back at BLEU {holes['repeated']['bleu']:.1f}"
    return Table("Holes: what is decoded", ("codes", "forward", "reverse", "n"), rows, note)


def _latent(result: Mapping[str, Any]) -> Table:
    latent, told = result["latent"]["posterior"], result["latent"]["two_sample"]
    rows: list[tuple[Cell, ...]] = [
        ("MMD²", latent["mmd"], f"two prior samples: {latent['mmd_floor']:.4f}"),
        ("sliced W₂²", latent["sliced"], f"two prior samples: {latent['sliced_floor']:.4f}"),
        ("largest |mean|", latent["max_abs_mean"], "prior: 0"),
        ("smallest deviation", latent["min_std"], "prior: 1"),
        ("largest deviation", latent["max_std"], "prior: 1"),
        ("excess kurtosis", latent["mean_excess_kurtosis"], "prior: 0"),
        ("largest |correlation|", latent["max_abs_correlation"], "prior: 0"),
        ("active units", latent["active_units"], f"of {latent['dim']}"),
        ("codes told from generated %", 100 * told["accuracy"], "chance: 50"),
    ]
    if probe := result["latent"].get("probe"):
        read = f"guess: {100 * probe['guess']:.1f}, n={probe['n']}"
        rows.append(("label read by a line %", 100 * probe["accuracy"], read))
    space, n = result["latent"]["space"], latent["n"]
    return Table(
        f"The space '{space}'", ("of n=" + str(n), "value", "compare"), rows, latent["signature"]
    )


def _paths(result: Mapping[str, Any]) -> Table:
    smooth, ppl = result["paths"]["smoothness"], result["paths"].get("perplexity")
    rows: list[tuple[Cell, ...]] = [
        ("smoothness (direct / along)", smooth["smoothness"]),
        ("largest step, word edits", smooth["largest_jump"]),
        ("distinct sentences", smooth["distinct"]),
    ]
    if ppl:
        rows += [(f"perplexity at step {i}", value) for i, value in enumerate(ppl["steps"])]
        rows.append(("middle / ends", ppl["middle_to_ends"]))
    return Table("Linear paths between sentences", (f"of n={smooth['n']}", "value"), rows)


def _transfer(result: Mapping[str, Any]) -> Table:
    judges = list(result["transfer"]["classifiers"])
    header = ["", *(f"accuracy {judge} %" for judge in judges)]
    header += ["self-BLEU", "ref-BLEU 1", "ref-BLEU 4", "perplexity"]
    header += [f"G(acc, {other}) {judges[0]}" for other in ("ref4", "self")]
    rows = [_transfer_row(row, judges) for row in result["transfer"]["rows"]]
    own = [
        f"{name}: test accuracy {100 * c['test_accuracy']:.1f} % (n={c['n']})"
        for name, c in result["transfer"]["classifiers"].items()
    ]
    chosen = result["transfer"]["chosen"]
    read = f"{100 * result['transfer']['probe_accuracy']:.1f}"
    note = "; ".join(
        [
            f"chosen on valid: strength of the vector {chosen['vector']}, confidence of an edit "
            f"{chosen['edit']} (its {result['transfer']['probes']} probes read {read} % of "
            "held-out sentences rightly)",
            *own,
        ]
    )
    return Table("Transfer by an attribute vector and by edits", tuple(header), rows, note)


def _transfer_row(row: Mapping[str, Any], judges: Sequence[str]) -> tuple[Cell, ...]:
    def bleu(name: str) -> Cell:
        return row[name]["corpus"] if row[name] else None

    ref4 = row["g_accuracy_ref4"]
    return (
        row["name"],
        *(100 * row["accuracy"][judge] for judge in judges),
        bleu("self_bleu"),
        bleu("ref_bleu_1"),
        bleu("ref_bleu_4") if row["ref_bleu_4"] else bleu("ref_bleu_others"),
        row["perplexity"]["value"] if row["perplexity"] else None,
        ref4[judges[0]] if ref4 else None,
        row["g_accuracy_self"][judges[0]],
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _text(cell: Cell) -> str:
    if cell is None:
        return "–"
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)
