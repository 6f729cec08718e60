"use strict";
// The page is whole without this: here tables are sorted and filtered, runs open over the page, and the
// reader may choose dark or light.

const MISSING = "–";
const collator = new Intl.Collator("en", { numeric: true });

// The number that a cell begins with: "0.981 ± 0.003" is 0.981.
const number = (text) => (/^[-+]?\.?\d/.test(text) && !text.includes("×") ? parseFloat(text) : NaN);
const texts = (row) => (row.texts ??= [...row.cells].map((cell) => cell.textContent.trim()));

function compare(one, other) {
  const [a, b] = [number(one), number(other)];
  return Number.isNaN(a) || Number.isNaN(b) ? collator.compare(one, other) : a - b;
}

// Sorts rows by a column; what is missing stays last. The same column again turns the order round.
function sort(table, column) {
  const heads = [...table.tHead.rows[0].cells];
  const head = heads[column];
  const first = head.classList.contains("number") ? "descending" : "ascending";
  const turned = { ascending: "descending", descending: "ascending" };
  const order = turned[head.ariaSort] ?? first;
  heads.forEach((other) => other.removeAttribute("aria-sort"));
  head.ariaSort = order;
  const sign = order === "ascending" ? 1 : -1;
  const missing = (text) => text === "" || text === MISSING;
  const rows = [...table.tBodies[0].rows].sort((one, other) => {
    const [a, b] = [texts(one)[column], texts(other)[column]];
    return missing(a) - missing(b) || sign * compare(a, b);
  });
  table.tBodies[0].append(...rows);
}

// Whether a cell fulfils each word of a filter: ">0.9" and the like compare numbers, others are looked for.
function fulfils(text, filter) {
  return filter.toLowerCase().split(/\s+/).filter(Boolean).every((word) => {
    const [, sign, limit] = word.match(/^(>=|<=|>|<|=)(-?[\d.]+)$/) ?? [];
    const value = number(text);
    switch (sign) {
      case ">": return value > limit;
      case "<": return value < limit;
      case ">=": return value >= limit;
      case "<=": return value <= limit;
      case "=": return value === Number(limit);
      default: return text.toLowerCase().includes(word);
    }
  });
}

function filter(table, inputs, told) {
  const rows = [...table.tBodies[0].rows];
  for (const row of rows) {
    row.hidden = !inputs.every((input, column) => fulfils(texts(row)[column], input.value));
  }
  const shown = rows.filter((row) => !row.hidden).length;
  told.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} settings`;
}

function equip(table) {
  const told = document.createElement("p");
  told.className = "note";
  told.ariaLive = "polite";
  table.parentElement.after(told);
  const inputs = [...table.tHead.rows[0].cells].map((head, column) => {
    const name = head.textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => sort(table, column));
    const input = document.createElement("input");
    input.type = "search";
    input.placeholder = head.classList.contains("number") ? ">0.9" : "filter";
    input.ariaLabel = `Filter ${name}`;
    input.title = "Words to look for, or >0.9, <=3, =2";
    head.replaceChildren(button, input);
    return input;
  });
  inputs.forEach((input) => input.addEventListener("input", () => filter(table, inputs, told)));
}

// Shows a run over the page; without scripts the link leads to the same text further down.
function viewer() {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "viewer-title");
  const head = document.createElement("header");
  const title = document.createElement("h2");
  title.id = "viewer-title";
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Close";
  close.addEventListener("click", () => dialog.close());
  head.append(title, close);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  return (details) => {
    const body = details.cloneNode(true);
    body.removeAttribute("id");
    title.textContent = details.parentElement.querySelector("summary").textContent;
    dialog.replaceChildren(head, body);
    dialog.showModal();
    dialog.scrollTop = 0;
  };
}

function themes(button) {
  const root = document.documentElement;
  const prefers = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.style.colorScheme || (prefers.matches ? "dark" : "light")) === "dark";
  const name = () => (button.textContent = isDark() ? "Light" : "Dark");
  button.addEventListener("click", () => {
    root.style.colorScheme = isDark() ? "light" : "dark";
    name();
  });
  prefers.addEventListener("change", name);
  button.hidden = false;
  name();
}

document.querySelectorAll("table.leaderboard").forEach(equip);
const show = viewer();
document.querySelector("main").addEventListener("click", (event) => {
  const link = event.target.closest("td.runs a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(document.getElementById(link.hash.slice(1)));
});
themes(document.getElementById("theme"));
