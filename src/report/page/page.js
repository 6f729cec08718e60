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

const SIGNS = { "≥": ">=", "≤": "<=", "=>": ">=", "=<": "<=", "==": "=" };
const decimal = (text) => Number(text.replace(",", "."));

function compares(value, sign, limit) {
  switch (sign) {
    case ">": return value > limit;
    case "<": return value < limit;
    case ">=": return value >= limit;
    case "<=": return value <= limit;
    default: return value === limit;
  }
}

// The value of a setting in "w_con 10, score latent".
function setting(text, name) {
  const found = text.split(/[,;]\s*/).map((part) => part.trim()).find((part) => part.startsWith(name + " "));
  return found?.slice(name.length + 1);
}

// Whether a cell fulfils each word of a filter: ">0.9" and "> 0,9" compare numbers, "w_con=10" and "w_con >= 10" a
// setting, others are looked for.
function fulfils(text, filter) {
  const signed = filter.toLowerCase().replace(/≥|≤|=>|=<|==/g, (sign) => SIGNS[sign]);
  const words = signed.replace(/\s*(>=|<=|>|<|=)\s*/g, "$1").replace(/(\S)\s+(?=[<>=])/g, "$1");
  const own = text.toLowerCase();
  return words.split(/\s+/).filter(Boolean).every((word) => {
    const [, name, sign, wanted] = word.match(/^([^<>=]*)(>=|<=|>|<|=)(.+)$/) ?? [];
    if (!sign) return own.includes(word);
    const value = name ? setting(own, name) : own;
    if (value === undefined) return false;
    const limit = decimal(wanted);
    if (Number.isNaN(limit)) return sign === "=" && (name ? value === wanted : value.includes(wanted));
    return compares(name ? decimal(value) : number(value), sign, limit);
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
    input.placeholder = head.classList.contains("number") ? "> 0.9" : "filter";
    input.ariaLabel = `Filter ${name}`;
    input.title = "Words to look for, > 0.9, <= 3, = 2, or w_con = 10";
    head.replaceChildren(button, input);
    return input;
  });
  inputs.forEach((input) => input.addEventListener("input", () => filter(table, inputs, told)));
}

// Shows a run or a figure over the page, and keeps it in the address; without scripts the link leads to the same text
// further down.
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
  dialog.addEventListener("close", () => address(""));
  document.body.append(dialog);
  return (of) => {
    const isFigure = of.tagName === "FIGURE";
    const body = of.cloneNode(true);
    body.removeAttribute("id");
    if (isFigure) {
      body.querySelector("img").className = "sheet";
      body.querySelector("a.large").replaceWith(body.querySelector("img"));
    }
    dialog.className = isFigure ? "wide" : "";
    const told = isFigure ? of.querySelector("figcaption b") : of.parentElement.querySelector("summary");
    title.textContent = told.textContent;
    dialog.replaceChildren(head, body);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    address("#" + of.id);
  };
}

function address(hash) {
  if (decodeURIComponent(location.hash) === hash) return;
  history.replaceState(null, "", hash || location.pathname + location.search);
}

// What the address names: a run or a figure is shown, a table opened.
function follow(show) {
  const of = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!of) return;
  if (of.tagName === "FIGURE" || of.className === "details") show(of);
  if (of.tagName === "DETAILS") of.open = true;
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
  const link = event.target.closest("td.runs a, a.large");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const isFigure = link.className === "large";
  show(isFigure ? link.parentElement : document.getElementById(decodeURIComponent(link.hash.slice(1))));
});
document.querySelectorAll("details.table").forEach((of) => {
  of.addEventListener("toggle", () => of.open && address("#" + of.id));
});
addEventListener("hashchange", () => follow(show));
follow(show);
themes(document.getElementById("theme"));
