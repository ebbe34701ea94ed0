// Sentences from the prior.

import { newest } from "./api.js";
import { $, el, fill } from "./dom.js";

export function sampleView(store, { failed, edit, model }) {
  let asked = "";
  const question = newest("/api/sample", ({ texts }) => {
    const row = (text) => {
      const button = el("button", {}, text || "(nothing)");
      button.addEventListener("click", () => edit(text));
      return el("li", {}, button);
    };
    $("sample-texts").replaceChildren(...texts.map(row));
  }, failed);

  for (const key of ["n", "seed", "temperature"]) {
    const field = $(`sample-${key}`);
    field.addEventListener("change", () => {
      if (field.checkValidity() && field.value !== "") store.commit({ [key]: Number(field.value) });
      else field.value = store.state[key];
    });
  }
  $("sample-label").append(...["", ...model.labels].map((label) => el("option", { value: label }, label || "any")));
  $("sample-label").addEventListener("change", () => store.commit({ label: $("sample-label").value }));
  $("sample-labelled").hidden = !model.labels.length;
  $("sample-heated").hidden = model.temperature === null;
  $("sample-again").addEventListener("click", () => store.commit({ seed: store.state.seed + 1 }));
  $("sample-again").disabled = !model.samples;
  $("sample-note").textContent = model.samples ? "Choose a sentence to edit it." : "This model has no prior to draw from.";

  return function show(state) {
    for (const key of ["n", "seed", "temperature", "label"]) fill($(`sample-${key}`), state[key] ?? "");
    const { n, seed, temperature, label } = state;
    const body = { n, seed, temperature, ...(label ? { label } : {}) };
    if (!model.samples || asked === JSON.stringify(body)) return;
    asked = JSON.stringify(body);
    question(body);
  };
}
