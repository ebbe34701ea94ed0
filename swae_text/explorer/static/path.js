// A path between two sentences: all points are decoded at once, so that dragging is only reading.

import { newest } from "./api.js";
import { $, afterwards, el, fill, knows } from "./dom.js";

const STEPS = 21;

export function pathView(store, { failed, edit }) {
  let points = [];
  let asked = "";

  const question = newest("/api/interpolate", (answer) => {
    points = answer.points;
    list();
    place();
  }, failed);

  /** The point under the slider. */
  function place() {
    const point = points[store.state.t];
    if (!point) return;
    $("path-text").value = point.text;
    $("path-note").textContent = knows(point.typicality);
    $("path-t").setAttribute("aria-valuetext", `${Math.round(100 * point.t)} %: ${point.text}`);
    for (const button of $("path-steps").querySelectorAll("button")) {
      const [first, last] = [Number(button.dataset.first), Number(button.dataset.last)];
      const here = first <= store.state.t && store.state.t <= last;
      if (here) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  /** Each sentence on the way once. */
  function list() {
    const runs = [];
    points.forEach(({ text }, index) => {
      const last = runs.at(-1);
      if (last && last.text === text) last.last = index;
      else runs.push({ text, first: index, last: index });
    });
    const row = ({ text, first, last }) => {
      const button = el("button", { "data-first": first, "data-last": last }, el("span", { className: "quiet" }, `${5 * first} %`), " ", text);
      button.addEventListener("click", () => store.commit({ t: Math.round((first + last) / 2) }));
      return el("li", {}, button);
    };
    $("path-steps").replaceChildren(...runs.map(row));
  }

  function ask() {
    const { a, b, along } = store.state;
    const body = { texts: [a, b], steps: STEPS, path: along };
    if (!a.trim() || !b.trim() || asked === JSON.stringify(body)) return;
    asked = JSON.stringify(body);
    question(body);
  }

  const soon = afterwards(ask);
  for (const end of ["a", "b"]) {
    const field = $(`path-${end}`);
    field.addEventListener("input", () => { store.live({ [end]: field.value }); soon(); });
    field.addEventListener("change", () => store.commit());
  }
  const slider = $("path-t");
  slider.addEventListener("input", () => { store.live({ t: Number(slider.value) }); place(); });
  slider.addEventListener("change", () => store.commit());
  $("path-kind").addEventListener("change", () => store.commit({ along: $("path-kind").value }));
  $("path-swap").addEventListener("click", () => {
    const { a, b, t } = store.state;
    store.commit({ a: b, b: a, t: STEPS - 1 - t });
  });
  $("path-edit").addEventListener("click", () => edit($("path-text").value));

  return function show(state) {
    fill($("path-a"), state.a);
    fill($("path-b"), state.b);
    fill(slider, state.t);
    fill($("path-kind"), state.along);
    ask();
    place();
  };
}
