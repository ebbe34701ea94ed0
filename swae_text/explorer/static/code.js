// What is seen, as code that does the same: each of these is run by the tests.

const STEPS = 21;
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`; // for a shell
const string = (text) => JSON.stringify(text); // a Python literal too
const real = (number) => (Number.isInteger(number) ? `${number}.0` : String(number));
const fileOf = (model, name) => model.attributes.find((one) => one.name === name).file;
const moved = (state, letter) => Object.entries(state)
  .filter(([key]) => key.startsWith(letter)).map(([key, value]) => [key.slice(2), value]);

/** A verb of swae-text; null where no single one does it. */
export function asCommand(state, model) {
  const [folder, space] = [quoted(model.folder), `--space ${model.space}`];
  switch (state.view) {
    case "path":
      return `swae-text interpolate ${folder} --steps ${STEPS} --path ${state.along} ${space} -- ${quoted(state.a)} ${quoted(state.b)}`;
    case "edit":
      return editCommand(state, model, folder, space);
    case "sample": {
      const label = state.label ? ` --label ${quoted(state.label)}` : "";
      const heat = "temperature" in state ? ` --temperature ${state.temperature}` : "";
      return `swae-text sample ${folder} -n ${state.n} --seed ${state.seed}${heat}${label}`;
    }
    default:
      return null;
  }
}

function editCommand(state, model, folder, space) {
  const [attributes, axes, goals] = ["k.", "x.", "w."].map((letter) => moved(state, letter));
  const line = `printf '%s\\n' ${quoted(JSON.stringify({ text: state.s }))}`;
  const apply = ([[name, first], ...others], option) => {
    const also = others.map(([other, value]) => ` --also ${quoted(`${fileOf(model, other)}=${value}`)}`).join("");
    return `${line} | swae-text attribute apply ${folder} ${quoted(fileOf(model, name))} ${option(first)}${also}`;
  };
  if (goals.length) return apply(goals, (label) => `--by gradient --to ${quoted(label)}`);
  if (!attributes.length && !axes.length) return `${line} | swae-text reconstruct ${folder} ${space}`;
  if (!axes.length) return apply(attributes, (strength) => `--strength=${strength}`);
  if (attributes.length || axes.length > 1 || model.survey.own) return null;
  const [[number, at]] = axes;
  const data = `--data ${quoted(model.survey.source)} --limit ${model.survey.total}`;
  return `swae-text traverse ${folder} --component ${number} ${data} --from=${at} --to=${at} --steps 2 ${space} -- ${quoted(state.s)}`;
}

/** A Python program that prints the sentences. */
export function asPython(state, model) {
  const space = `space=${string(model.space)}`;
  const open = ["from swae_text import SentenceSpace", "", `space = SentenceSpace.from_pretrained(${string(model.folder)})`];
  const program = {
    path: () => [...open,
      `path = space.interpolate(${string(state.a)}, ${string(state.b)}, steps=${STEPS}, path=${string(state.along)}, ${space})`,
      "print(*path.texts, sep=\"\\n\")"],
    edit: () => editPython(state, model, open, space),
    grid: () => [...open.slice(0, 1), "from swae_text.latent.interpolation import interpolate", ...open.slice(1),
      `corners = [${["g0", "g1", "g2", "g3"].map((key) => string(state[key])).join(", ")}]`,
      `a, b, c, d = space.encode(corners, ${space})`,
      `size, path = ${state.size}, ${string(state.over)}`,
      "for left, right in zip(interpolate(a, c, size, path), interpolate(b, d, size, path)):",
      `    print(*space.decode(interpolate(left, right, size, path), ${space}), sep="\\n")`],
    sample: () => [...open, `sampling = space.config.sampling${"temperature" in state ? `.but(temperature=${real(state.temperature)})` : ""}`,
      `texts = space.sample(${state.n}, seed=${state.seed}, sampling=sampling${state.label ? `, label=${string(state.label)}` : ""})`,
      "print(*texts, sep=\"\\n\")"],
    map: () => [...axesImports(model), ...open.slice(2), ...known(model, space),
      "axes = [measured(Direction(row), known) for row in rows[:2]]",
      "for text, x, y in zip(texts, axes[0].position(known), axes[1].position(known)):",
      "    print(f\"{x:.2f}\\t{y:.2f}\\t{text}\")"],
  }[state.view];
  return `${program().join("\n")}\n`;
}

function editPython(state, model, open, space) {
  const [attributes, axes, goals] = ["k.", "x.", "w."].map((letter) => moved(state, letter));
  if (goals.length) {
    const list = goals.map(([name, label]) => `load_vector(${string(fileOf(model, name))})[0].goal(${string(label)})`);
    return [open[0], "from swae_text.vectors import load_vector", "", open[2], `goals = [${list.join(", ")}]`,
      `[made] = space.edit([${string(state.s)}], goals, ${space})`, "print(made.text)"];
  }
  const imports = axes.length ? axesImports(model) : [open[0]];
  if (axes.length) imports.unshift("import torch");
  if (attributes.length) imports.push("from swae_text.latent.attributes import apply", "from swae_text.vectors import load_vector");
  const lines = [...imports, "", open[2], `z = space.encode(${string(state.s)}, ${space})`];
  for (const [name, strength] of attributes) {
    lines.push(`z = apply(z, load_vector(${string(fileOf(model, name))})[0], ${real(strength)})`);
  }
  if (axes.length) lines.push(...known(model, space));
  for (const [number, at] of axes)
    lines.push(`z = traverse(z[0], measured(Direction(rows[${number - 1}]), known), torch.tensor([${real(at)}]))`);
  return [...lines, `print(*space.decode(z, ${space}))`];
}

function axesImports(model) {
  const more = model.survey.own ? [] : ["import random", "", "from swae_text.cli.reading import read_sentences"];
  const plain = model.survey.own ? ["from swae_text.config import SamplingConfig"] : [];
  return [...more, "from swae_text import SentenceSpace", ...plain, "from swae_text.latent.arithmetic import Direction, components, measured, traverse", ""];
}

/** The sentences that the axes are of. */
function known({ survey }, space) {
  const texts = survey.own
    ? ["said = space.sample(1000, seed=0, sampling=SamplingConfig())",
      "texts = list(dict.fromkeys(text for text, fit in zip(said, space.fits(said)) if fit and text))"]
    : [`texts = read_sentences(space, ${string(survey.source)}, split="train").texts`,
      `texts = random.Random(0).sample(texts, min(${survey.total}, len(texts)))`];
  return [...texts, `known = space.encode(texts, ${space})`, "rows, _ = components(known)"];
}

/** The same from the server itself. */
export function asCurl(state, model, origin) {
  const given = (letter) => Object.fromEntries(moved(state, letter));
  const [path, body] = {
    path: ["interpolate", { texts: [state.a, state.b], steps: STEPS, path: state.along }],
    edit: moved(state, "w.").length
      ? ["rewrite", { text: state.s, goals: given("w.") }]
      : ["edit", { text: state.s, attributes: given("k."), axes: given("x.") }],
    grid: ["grid", { texts: [state.g0, state.g1, state.g2, state.g3], size: state.size, path: state.over }],
    sample: ["sample", { n: state.n, seed: state.seed, temperature: state.temperature, ...(state.label ? { label: state.label } : {}) }],
    map: ["map"],
  }[state.view];
  const sent = body === undefined ? "" : ` -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(body))}`;
  return `curl -s ${origin}/api/${path}${sent}`;
}
