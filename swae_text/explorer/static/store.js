// What is seen, as one flat object: it makes the link, and each step of it can be undone.

const NUMBERS = { t: [0, 20], size: [3, 7], n: [1, 64], seed: [0, 999999999], temperature: [0, 5] };
const CHOICES = {
  view: ["path", "edit", "map", "grid", "sample"],
  along: ["linear", "slerp", "nlerp"],
  over: ["linear", "slerp", "nlerp"],
};

/** `view=path&a=…&t=10&k.sentiment=2&x.1=-1.5&w.tense=past`: k. attributes, x. axes, w. labels wanted. */
export function toFragment(state) {
  return new URLSearchParams(Object.entries(state).map(([key, value]) => [key, String(value)])).toString();
}

/** A state from a fragment: what is not understood is left as it was. */
export function fromFragment(fragment, defaults) {
  const state = { ...defaults };
  for (const [key, value] of new URLSearchParams(fragment.replace(/^#/, ""))) {
    const number = Number(value);
    if (key in NUMBERS && key in defaults) {
      const [low, high] = NUMBERS[key];
      if (value !== "" && number >= low && number <= high) state[key] = number;
    } else if (key in CHOICES) {
      if (CHOICES[key].includes(value)) state[key] = value;
    } else if (/^[kx]\../.test(key)) {
      if (value !== "" && Number.isFinite(number)) state[key] = number;
    } else if (/^w\../.test(key)) {
      if (value !== "") state[key] = value.slice(0, 100);
    } else if (key in defaults) state[key] = value.slice(0, 500);
  }
  return state;
}

/** One line that says what a state shows. */
export function summary(state) {
  const moved = Object.keys(state).filter((key) => /^[kx]\./.test(key)).length;
  const wanted = Object.keys(state).filter((key) => /^w\./.test(key)).map((key) => ` → ${state[key]}`).join("");
  switch (state.view) {
    case "path": return `Path: ${state.a} → ${state.b}, ${Math.round(5 * state.t)} %`;
    case "edit": return `Edit: ${state.s}${wanted}${moved ? `, ${moved} moved` : ""}`;
    case "grid": return `Grid: ${state.g0} … ${state.g3}`;
    case "sample": return `Sample: seed ${state.seed}${"temperature" in state ? `, temperature ${state.temperature}` : ""}`;
    default: return "Map";
  }
}

const LONGEST = 200; // steps of the history

export class Store extends EventTarget {
  constructor(state) {
    super();
    this.state = state;
    this.past = [state];
    this.place = 0;
  }

  /** Change what is seen for the moment, as a slider does that still moves. */
  live(change) {
    this.state = without({ ...this.state, ...change });
  }

  /** Change what is seen, as a step that can be undone. */
  commit(change = {}) {
    this.live(change);
    if (toFragment(this.state) === toFragment(this.past[this.place])) return;
    this.past = [...this.past.slice(0, this.place + 1), this.state].slice(-LONGEST);
    this.go(this.past.length - 1);
  }

  /** Show a step of the history. */
  go(place) {
    if (place < 0 || place >= this.past.length) return;
    this.place = place;
    this.state = this.past[place];
    history.replaceState(null, "", `#${toFragment(this.state)}`);
    this.dispatchEvent(new Event("change"));
  }

  undo() { this.go(this.place - 1); }
  redo() { this.go(this.place + 1); }
}

/** A state without the keys that are null: sliders that were put back. */
function without(state) {
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== null));
}

/** A change that takes back all moves of a state, or those of some kinds. */
export function unmoved(state, kinds = "kxw") {
  const taken = (key) => key[1] === "." && kinds.includes(key[0]);
  return Object.fromEntries(Object.keys(state).filter(taken).map((key) => [key, null]));
}
