// A map of a corpus on a canvas: one dot a sentence, one colour a label.

import { ask } from "./api.js";
import { $, el } from "./dom.js";

const COLOURS = ["#3a7fc1", "#d9722e", "#2a9d78", "#c06aa8", "#c79a1c", "#7a6fd0", "#5aa9c9", "#8a8f94"];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const NEAR = 18; // pixels

export function mapView(store, { failed, edit, model }) {
  const canvas = $("map-canvas");
  let data = null;
  let names = [];
  let [zoom, centre, chosen] = [1, [0, 0], -1];

  const colour = (index) => COLOURS[Math.max(0, names.indexOf(data.labels[index])) % COLOURS.length];

  /** Pixels of a point: the corpus fits at zoom 1. */
  function pixels([x, y]) {
    const scale = zoom * Math.min(canvas.clientWidth / data.width, canvas.clientHeight / data.height);
    return [canvas.clientWidth / 2 + (x - centre[0]) * scale, canvas.clientHeight / 2 - (y - centre[1]) * scale];
  }

  function draw() {
    if (!data || !canvas.clientWidth) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = canvas.clientHeight * ratio;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const dot = (index, radius) => {
      const [x, y] = pixels(data.points[index]);
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
    };
    pen.globalAlpha = 0.6;
    for (let i = 0; i < data.points.length; i++) {
      pen.fillStyle = colour(i);
      dot(i, 3);
      pen.fill();
    }
    pen.globalAlpha = 1;
    if (chosen < 0) return;
    pen.lineWidth = 3;
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.fillStyle = colour(chosen);
    dot(chosen, 7);
    pen.fill();
    pen.stroke();
  }

  function choose(index) {
    chosen = index;
    const label = data.labels[index];
    $("map-text").value = index < 0 ? "" : `${data.texts[index]}${label === null ? "" : `  (${label})`}`;
    $("map-edit").disabled = index < 0;
    canvas.dataset.chosen = index;
    draw();
  }

  /** The dot nearest to a place for which `allowed` holds; -1 where there is none. */
  function nearest(x, y, allowed) {
    let [best, found] = [Infinity, -1];
    data.points.forEach((point, index) => {
      const [px, py] = pixels(point);
      const far = Math.hypot(px - x, py - y);
      if (far < best && allowed(px - x, py - y, far, index)) [best, found] = [far, index];
    });
    return found;
  }

  const under = (event) => nearest(event.offsetX, event.offsetY, (dx, dy, far) => far < NEAR);

  function step([right, down]) {
    const [x, y] = chosen < 0 ? [canvas.clientWidth / 2, canvas.clientHeight / 2] : pixels(data.points[chosen]);
    const ahead = (dx, dy, far, index) => {
      const along = dx * right + dy * down;
      return index !== chosen && along > 0 && along >= 0.7 * far;
    };
    const next = nearest(x, y, chosen < 0 ? () => true : ahead);
    if (next >= 0) choose(next);
  }

  function scale(factor) {
    zoom = Math.min(40, Math.max(1, zoom * factor));
    centre = zoom === 1 ? data.middle : chosen >= 0 ? data.points[chosen] : centre;
    draw();
  }

  canvas.addEventListener("pointermove", (event) => {
    if (data && event.pointerType === "mouse" && under(event) >= 0) choose(under(event));
  });
  canvas.addEventListener("click", (event) => {
    if (!data || under(event) < 0) return;
    const again = under(event) === chosen;
    choose(under(event));
    if (again) edit(data.texts[chosen]); // a mouse hovers first, a finger taps twice
  });
  canvas.addEventListener("wheel", (event) => {
    if (!data) return;
    event.preventDefault();
    scale(event.deltaY < 0 ? 1.25 : 0.8);
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    if (!data) return;
    if (ARROWS[event.key]) step(ARROWS[event.key]);
    else if (event.key === "Enter" && chosen >= 0) edit(data.texts[chosen]);
    else if (event.key === "+") scale(1.5);
    else if (event.key === "-") scale(1 / 1.5);
    else return;
    event.preventDefault();
  });
  $("map-edit").addEventListener("click", () => edit(data.texts[chosen]));
  $("map-in").addEventListener("click", () => data && scale(1.5));
  $("map-out").addEventListener("click", () => data && scale(1 / 1.5));
  new ResizeObserver(draw).observe(canvas);

  function legend() {
    names = [...new Set(data.labels)].filter((name) => name !== null).sort();
    $("map-legend").replaceChildren(...names.map((name, index) => {
      const mark = el("span", { className: "dot" });
      mark.style.background = COLOURS[index % COLOURS.length];
      return el("li", {}, mark, name);
    }));
  }

  async function load() {
    try {
      data = await ask("/api/map");
    } catch (error) {
      return failed(error);
    }
    const [xs, ys] = [0, 1].map((axis) => data.points.map((point) => point[axis]));
    const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    data.width = 1.06 * (right - left);
    data.height = 1.06 * (high - low);
    centre = data.middle = [(left + right) / 2, (low + high) / 2];
    legend();
    const shares = data.shares.map((share) => `${(100 * share).toFixed(1)} %`).join(" and ");
    $("map-about").textContent = `${data.texts.length.toLocaleString("en")} sentences of ${data.source} on the first two principal axes (${shares} of the variance).`;
    draw();
  }

  function show() {
    draw();
  }
  show.surveyed = load;
  show.told = ({ survey }) => {
    $("map-about").textContent = survey.problem
      ? `There is no map: ${survey.problem}`
      : `The map is being made: ${survey.done.toLocaleString("en")} of ${survey.total.toLocaleString("en")}.`;
  };
  show.told(model);
  return show;
}
