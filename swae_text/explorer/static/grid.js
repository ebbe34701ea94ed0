// A grid between four sentences; arrow keys walk it, Enter edits.

import { newest } from "./api.js";
import { $, afterwards, el, fill } from "./dom.js";

const CORNERS = ["g0", "g1", "g2", "g3"];
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export function gridView(store, { failed, edit }) {
  let asked = "";
  const question = newest("/api/grid", ({ rows }) => draw(rows), failed);

  function draw(rows) {
    const last = rows.length - 1;
    const cell = (text, row, column) => {
      const button = el("button", { tabIndex: row || column ? -1 : 0, "data-at": `${row},${column}` }, text);
      button.style.setProperty("--across", `${Math.round((100 * column) / last)}%`);
      button.style.setProperty("--down", `${Math.round((100 * row) / last)}%`);
      button.addEventListener("click", () => edit(text));
      return el("td", {}, button);
    };
    $("grid-table").replaceChildren(...rows.map((row, y) => el("tr", {}, ...row.map((text, x) => cell(text, y, x)))));
  }

  $("grid-table").addEventListener("keydown", (event) => {
    const step = ARROWS[event.key];
    const here = event.target.dataset.at;
    if (!step || !here) return;
    const [row, column] = here.split(",").map(Number);
    const next = $("grid-table").querySelector(`[data-at="${row + step[0]},${column + step[1]}"]`);
    if (next) {
      event.target.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    }
    event.preventDefault();
  });

  function ask() {
    const texts = CORNERS.map((key) => store.state[key]);
    const body = { texts, size: store.state.size, path: store.state.over };
    if (texts.some((text) => !text.trim()) || asked === JSON.stringify(body)) return;
    asked = JSON.stringify(body);
    question(body);
  }

  const soon = afterwards(ask);
  CORNERS.forEach((key, index) => {
    const field = $(`grid-${index}`);
    field.addEventListener("input", () => { store.live({ [key]: field.value }); soon(); });
    field.addEventListener("change", () => store.commit());
  });
  $("grid-size").addEventListener("change", () => store.commit({ size: Number($("grid-size").value) }));
  $("grid-kind").addEventListener("change", () => store.commit({ over: $("grid-kind").value }));

  return function show(state) {
    CORNERS.forEach((key, index) => fill($(`grid-${index}`), state[key]));
    fill($("grid-size"), state.size);
    fill($("grid-kind"), state.over);
    ask();
  };
}
