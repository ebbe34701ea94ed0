// The page: opens the model, joins views, tabs, history and sharing.

import { ask } from "./api.js";
import { $, el } from "./dom.js";
import { editView } from "./edit.js";
import { gridView } from "./grid.js";
import { mapView } from "./map.js";
import { pathView } from "./path.js";
import { sampleView } from "./sample.js";
import { shareDialog } from "./share.js";
import { Store, fromFragment, summary, unmoved } from "./store.js";

const VIEWS = ["path", "edit", "map", "grid", "sample"];

function failed(error) {
  $("problem").hidden = !error;
  $("problem").textContent = error ? error.message : "";
}

function defaults({ examples: [a, b, c, d], temperature }) {
  return { view: "path", a, b, t: 10, along: "linear", s: a, g0: a, g1: b, g2: c, g3: d, size: 5, over: "linear",
    n: 12, seed: 0, label: "", ...(temperature === null ? {} : { temperature }) }; // a search has none
}

function begin(model) {
  const initial = defaults(model);
  const store = new Store(fromFragment(location.hash, initial));
  const edit = (text) => store.commit({ ...unmoved(store.state), view: "edit", s: text });
  const shared = { failed, edit, model };
  const views = { path: pathView(store, shared), edit: editView(store, shared), map: mapView(store, shared),
    grid: gridView(store, shared), sample: sampleView(store, shared) };
  shareDialog(store, model);
  tabs(store);
  steps(store);

  function show() {
    const { view } = store.state;
    for (const name of VIEWS) {
      $(`view-${name}`).hidden = name !== view;
      $(`tab-${name}`).setAttribute("aria-selected", String(name === view));
      $(`tab-${name}`).tabIndex = name === view ? 0 : -1;
    }
    $("undo").disabled = store.place === 0;
    $("redo").disabled = store.place === store.past.length - 1;
    views[view](store.state);
  }
  store.addEventListener("change", show);
  window.addEventListener("hashchange", () => store.commit({ ...unmoved(store.state), ...fromFragment(location.hash, initial) }));
  show();
  survey(model, views);
}

/** Tabs as the ARIA practices want them: arrow keys move between them. */
function tabs(store) {
  for (const [index, name] of VIEWS.entries()) {
    $(`tab-${name}`).addEventListener("click", () => store.commit({ view: name }));
    $(`tab-${name}`).addEventListener("keydown", ({ key }) => {
      const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: VIEWS.length - 1 }[key];
      if (to === undefined) return;
      const next = VIEWS[(to + VIEWS.length) % VIEWS.length];
      store.commit({ view: next });
      $(`tab-${next}`).focus();
    });
  }
}

/** Undo, redo and the list of what was seen. */
function steps(store) {
  $("undo").addEventListener("click", () => store.undo());
  $("redo").addEventListener("click", () => store.redo());
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=range])"); // where Ctrl+Z is the field's own
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || typing || (key !== "z" && key !== "y")) return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) store.redo();
    else store.undo();
  });
  $("open-history").addEventListener("click", () => {
    const row = (state, place) => {
      const button = el("button", {}, summary(state));
      if (place === store.place) button.setAttribute("aria-current", "true");
      button.addEventListener("click", () => { store.go(place); $("history").close(); });
      return el("li", {}, button);
    };
    $("history-list").replaceChildren(...store.past.map(row).reverse());
    $("history").showModal();
  });
}

/** Wait for the map and the axes, which the server makes while nobody asks for anything. */
async function survey(model, views) {
  while (!model.survey.finished && !model.survey.problem) {
    views.map.told(model);
    $("edit-survey").textContent = `${model.survey.done.toLocaleString("en")} of ${model.survey.total.toLocaleString("en")} sentences are read …`;
    await new Promise((done) => setTimeout(done, 500));
    try {
      model.survey = (({ survey, shares }) => { model.shares = shares; return survey; })(await ask("/api/model"));
    } catch (error) {
      return failed(error);
    }
  }
  if (model.survey.problem) {
    $("edit-survey").textContent = `There are none: ${model.survey.problem}`;
    return views.map.told(model);
  }
  views.edit.surveyed(model);
  await views.map.surveyed();
}

try {
  const model = await ask("/api/model");
  $("model").textContent = model.name;
  $("facts").textContent = `${model.parameters.toLocaleString("en")} parameters · ${model.dim} numbers in ${model.space} space · trained on ${model.corpus} · swae_text ${model.version}`;
  begin(model);
  document.documentElement.dataset.ready = "yes";
} catch (error) {
  failed(error);
}
