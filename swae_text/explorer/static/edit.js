// A sentence with a slider for each attribute and principal axis; the text follows while they move.
// Or it is rewritten until an attribute has a label: then no slider is moved.

import { newest } from "./api.js";
import { $, afterwards, el, fill, knows, marked } from "./dom.js";
import { unmoved } from "./store.js";

export function editView(store, { failed, model }) {
  const sliders = new Map(); // by key of the state: k.NAME or x.NUMBER
  let asked = "";

  const question = newest("/api/edit", (answer) => write(answer, false), failed);
  const rewriting = newest("/api/rewrite", (answer) => write(answer, true), failed);

  /** What was said, unless something of another kind was asked in the meantime. */
  function write(answer, rewritten) {
    if (rewritten !== Object.keys(goals()).length > 0) return;
    $("edit-text").replaceChildren(...marked(answer.text, store.state.s));
    $("edit-text").dataset.text = answer.text;
    $("edit-note").textContent = answer.reached === false ? "no sentence on the way is sure: this is the surest" : knows(answer.typicality);
    for (const attribute of model.attributes) told(attribute, answer.readings[attribute.name]);
    answer.positions.forEach((position, index) => rest(`x.${index + 1}`, position));
  }

  /** Labels that the sentence is to have, by attribute. */
  function goals() {
    return Object.fromEntries(model.attributes.map(({ name }) => [name, store.state[`w.${name}`]]).filter(([, label]) => label));
  }

  /** What the probe reads before and after. */
  function told({ name, reads, positive }, { before, after }) {
    const number = reads === "number";
    const figure = (x) => (x === null ? "–" : number ? x.toFixed(1) : `${Math.round(100 * x)} %`);
    sliders.get(`k.${name}`).note.textContent = `${number ? "reads" : `${positive}:`} ${figure(before)} → ${figure(after)}`;
  }

  /** A slider that nobody has moved stands where the sentence is. */
  function rest(key, position) {
    const made = sliders.get(key);
    if (made && !(key in store.state)) set(made, position, false);
  }

  function set({ input, value, back }, number, moved) {
    input.value = number;
    value.textContent = number.toFixed(Math.abs(number) < 10 ? 2 : 1);
    back.hidden = !moved;
  }

  function slider(key, title, ends, most, unit) {
    const input = el("input", { type: "range", min: -most, max: most, step: most / 50, id: `slider-${key}` });
    const made = { input, value: el("span", { className: "value" }), note: el("span"),
      back: el("button", { className: "small", "aria-label": `Put ${title} back`, hidden: true }, "back") };
    input.setAttribute("aria-label", `${title}, ${unit}`);
    input.addEventListener("input", () => {
      store.live({ ...unmoved(store.state, "w"), [key]: Number(input.value) });
      set(made, Number(input.value), true);
      ask();
    });
    input.addEventListener("change", () => store.commit());
    made.back.addEventListener("click", () => { store.commit({ [key]: null }); input.focus(); });
    sliders.set(key, made);
    set(made, 0, false);
    const head = el("div", { className: "head" }, el("span", {}, title), made.back, made.value);
    const [below, ...above] = ends.map((end) => el("span", {}, end));
    const foot = el("div", { className: "foot quiet" }, below, made.note, ...above);
    return el("div", { className: "slider" }, head, input, foot);
  }

  /** Buttons that rewrite the sentence to one label of an attribute, or take that back. */
  function rewriter({ name, negative, positive }) {
    const button = (label) => {
      const made = el("button", { className: "small", "aria-pressed": "false", "data-label": label, "data-attribute": name }, label);
      made.addEventListener("click", () => {
        const pressed = store.state[`w.${name}`] === label;
        store.commit({ ...unmoved(store.state, "kx"), [`w.${name}`]: pressed ? null : label });
      });
      return made;
    };
    return el("div", { className: "rewrite quiet", role: "group", "aria-label": `Rewrite: ${name}` }, "rewrite as", button(negative), button(positive));
  }

  function ask() {
    const { s, ...rest } = store.state;
    const wanted = goals();
    if (Object.keys(wanted).length) {
      const body = { text: s, goals: wanted };
      if (!s.trim() || asked === JSON.stringify(body)) return;
      asked = JSON.stringify(body);
      $("edit-note").textContent = "looking for the nearest sentence …";
      rewriting(body);
      return;
    }
    const moved = (letter) => Object.fromEntries(Object.entries(rest)
      .filter(([key]) => key.startsWith(letter) && sliders.has(key)).map(([key, value]) => [key.slice(2), value]));
    const body = { text: s, attributes: moved("k."), axes: moved("x.") };
    if (!s.trim() || asked === JSON.stringify(body)) return;
    asked = JSON.stringify(body);
    question(body);
  }

  const soon = afterwards(ask);
  $("edit-s").addEventListener("input", () => { store.live({ s: $("edit-s").value }); soon(); });
  $("edit-s").addEventListener("change", () => store.commit());
  $("edit-reset").addEventListener("click", () => store.commit(unmoved(store.state)));
  $("edit-keep").addEventListener("click", () => {
    store.commit({ ...unmoved(store.state), s: $("edit-text").dataset.text });
  });
  for (const attribute of model.attributes) {
    const { name, negative, positive, reach, reads } = attribute;
    const made = slider(`k.${name}`, name, [`← ${negative}`, `${positive} →`], reach, "strength");
    if (reads === "probability") made.append(rewriter(attribute));
    $("edit-attributes").append(made);
  }
  $("edit-attributes-title").hidden = !model.attributes.length;

  function show(state) {
    fill($("edit-s"), state.s);
    for (const [key, made] of sliders) {
      if (key in state) set(made, state[key], true);
      else if (key.startsWith("k.")) set(made, 0, false);
      else made.back.hidden = true;
    }
    for (const button of $("edit-attributes").querySelectorAll("[data-label]")) {
      const pressed = state[`w.${button.dataset.attribute}`] === button.dataset.label;
      button.setAttribute("aria-pressed", String(pressed));
    }
    ask();
  }

  /** Once the survey is finished there are axes. */
  show.surveyed = ({ shares, survey }) => {
    $("edit-survey").textContent = `In standard deviations over ${survey.own ? survey.source : `sentences of ${survey.source}`}.`;
    $("edit-axes").replaceChildren(...shares.map((share, index) =>
      slider(`x.${index + 1}`, `axis ${index + 1}`, [`${(100 * share).toFixed(1)} % of the variance`], 4, "deviations")));
    asked = "";
    if (store.state.view === "edit") show(store.state);
  };
  return show;
}
