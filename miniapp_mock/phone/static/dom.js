// Building elements. Text is always text: nothing a server or a person wrote is ever read as markup.

function put(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const h = (tag, attributes = {}, ...children) => put(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) =>
  put(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const bar = { title: document.getElementById("title"), back: document.getElementById("back") };
let goBack = null;
bar.back.addEventListener("click", () => goBack && goBack());

// Put one screen in place of the last; focus moves with it, so that a screen reader starts at its top.
export function show(title, { back = null, shooting = false } = {}, ...children) {
  const screen = document.getElementById("screen");
  document.body.classList.toggle("shooting", shooting);
  bar.title.textContent = title;
  goBack = back;
  bar.back.hidden = !back;
  screen.replaceChildren(...children.flat().filter(Boolean));
  window.scrollTo(0, 0);
  screen.focus({ preventScroll: true });
  return screen;
}

export function refusal(problem) {
  const reasons = (problem.reasons || []).filter((reason) => reason.message && reason.message !== problem.detail);
  return h(
    "div",
    { class: "note bad", role: "alert", "data-code": problem.code || "" },
    h("p", { class: "strong" }, problem.detail || problem.message),
    problem.hint ? h("p", { class: "hint" }, problem.hint) : null,
    reasons.length ? h("ul", {}, reasons.map((reason) => h("li", {}, reason.message, reason.hint ? `（${reason.hint}）` : ""))) : null,
  );
}

// A button that cannot be pressed twice while its work is under way.
export function action(label, work, attributes = {}) {
  const button = h("button", { type: "button", ...attributes }, label);
  button.addEventListener("click", async () => {
    if (button.disabled) return;
    button.disabled = true;
    try { await work(); } finally { button.disabled = false; }
  });
  return button;
}
