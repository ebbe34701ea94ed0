// Elements by id, new elements, and text: nothing here ever reads text as HTML.

export const $ = (id) => document.getElementById(id);

/** A new element: properties (`data-…`, `aria-…` and `role` as attributes), then what is in it. */
export function el(tag, properties = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (/^(data-|aria-|role$|for$)/.test(name)) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...inside);
  return made;
}

/** Write a value into a field, unless the user is in it. */
export function fill(field, value) {
  if (document.activeElement !== field || field.type === "range") field.value = value;
}

/** Call `work` once, some time after the last of many calls. */
export function afterwards(work, milliseconds = 250) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), milliseconds);
  };
}

/** The words of `text`, those marked that `source` has not in this order (longest common run). */
export function marked(text, source) {
  const [a, b] = [source.toLowerCase().split(/\s+/), text.split(/\s+/)];
  const same = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0));
  const equal = (i, j) => a[i] === b[j].toLowerCase();
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      same[i][j] = equal(i, j) ? same[i + 1][j + 1] + 1 : Math.max(same[i + 1][j], same[i][j + 1]);
  const parts = [];
  for (let i = 0, j = 0; j < b.length; ) {
    if (i < a.length && equal(i, j)) parts.push(b[j++], " "), i++;
    else if (i < a.length && same[i + 1][j] >= same[i][j + 1]) i++;
    else parts.push(el("mark", {}, b[j++]), " ");
  }
  return parts;
}

/** How well the model knows a place, in words. */
export function knows(typicality) {
  if (typicality === null || typicality === undefined) return "";
  if (typicality < 0.0005) return "far out: the model knows little here";
  if (typicality > 0.9995) return "near the centre: short and plain";
  return "where the model is at home";
}
