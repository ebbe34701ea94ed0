// The share dialog: a link, and what is seen as a command, as Python and as a request.

import { $, el } from "./dom.js";
import { asCommand, asCurl, asPython } from "./code.js";

export function shareDialog(store, model) {
  $("open-share").addEventListener("click", () => {
    const parts = [
      ["Link", "link", location.href],
      ["Command line", "command", asCommand(store.state, model)],
      ["Python", "python", asPython(store.state, model)],
      ["Request, while the explorer runs", "curl", asCurl(store.state, model, location.origin)],
    ];
    $("share-parts").replaceChildren(...parts.filter(([, , text]) => text).map(part));
    $("share").showModal();
  });
}

function part([title, name, text]) {
  const code = el("pre", { id: `share-${name}`, tabIndex: 0 }, text);
  const button = el("button", { className: "small", "aria-label": `Copy: ${title}` }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch { // only on this machine or over https
      getSelection().selectAllChildren(code);
      button.textContent = "Selected: press Ctrl+C";
    }
  });
  return el("section", {}, el("div", { className: "head" }, el("h3", {}, title), button), code);
}
