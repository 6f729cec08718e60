"use strict";
// Draws each snapshot of the store that the server sends. Texts are set as texts: only the lines of curves, which the
// server draws from numbers, are taken as they are.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;

function duration(seconds) {
  if (seconds < 90) return plural(Math.max(1, Math.round(seconds)), "second", "seconds");
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

// Four digits tell apart what is near 1.
const share = (value) => value.toFixed(value > 0.99 ? 4 : 3);

function progress(sweep) {
  const total = Object.values(sweep.runs).reduce((sum, runs) => sum + runs, 0);
  const lost = (sweep.runs.failed ?? 0) + (sweep.runs.diverged ?? 0);
  const done = sweep.runs.done ?? 0;
  const words = Object.entries(sweep.runs).map(([status, runs]) => `${runs} ${status}`);
  if (sweep.left !== null) words.push(`about ${duration(sweep.left)} left`);
  const part = (runs, name) => element("span", { class: name, style: `width: ${(100 * runs) / total}%` });
  const label = `${done} of ${plural(total, "run", "runs")} done`;
  return [
    element("div", { class: "bar", role: "img", "aria-label": label }, part(done, "done"), part(lost, "lost")),
    element("p", { class: "quiet" }, `${label}: ${words.join(", ")}`),
  ];
}

function curve({ name, epochs, svg, last }) {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawn.setAttribute("viewBox", "-2 -2 124 36");
  drawn.setAttribute("preserveAspectRatio", "none");
  drawn.setAttribute("role", "img");
  drawn.setAttribute("aria-label", `${name} by epoch, 1 to ${epochs}`);
  drawn.innerHTML = svg;
  const told = last.map(([split, value]) => element("span", { class: split }, `${split} ${value} `));
  return element("figure", {}, element("figcaption", {}, name), drawn, element("p", {}, ...told));
}

function fit(of) {
  const percent = Math.round(100 * of.progress);
  const box = element(
    "div",
    { class: "fit" },
    element("p", {}, of.title || `fit ${of.id}`),
    element("p", { class: "quiet" }, `${percent} %, ${of.stage}`),
    element("div", { class: "bar", role: "img", "aria-label": `${percent} %` }, element("span", { style: `width: ${percent}%` })),
  );
  if (of.curves.length) box.append(element("div", { class: "curves" }, ...of.curves.map(curve)));
  if (of.log.length) box.append(element("pre", {}, of.log.join("\n")));
  return box;
}

function best(settings) {
  const row = (cells, kind) => element("tr", {}, ...cells.map((cell) => element(kind, kind === "th" ? { scope: "col" } : {}, cell)));
  const rows = settings.map((of) => {
    const title = of.doubt ? element("span", { class: "bad" }, `${of.title} (${of.doubt})`) : of.title;
    return row([title, of.runs, share(of.auroc), `${share(of.lowest)}–${share(of.highest)}`], "td");
  });
  const head = element("thead", {}, row(["setting", "runs", "mean AUROC", "lowest–highest"], "th"));
  return element("div", { class: "wide" }, element("table", {}, head, element("tbody", {}, ...rows)));
}

function section(sweep) {
  const made = element("section", {}, element("h2", {}, sweep.name), element("p", { class: "quiet" }, `${sweep.dataset}, started ${sweep.started_at}`));
  made.append(...progress(sweep));
  const add = (title, ...children) => made.append(element("h3", {}, title), ...children);
  if (sweep.work.length) add("Under way", ...sweep.work.map(fit));
  if (sweep.best.length) add("Best so far", best(sweep.best));
  if (sweep.failures.length) {
    const failed = sweep.failures.map(([id, why]) => element("div", {}, element("dt", {}, id), element("dd", {}, why)));
    add("Failed", element("dl", { class: "bad" }, ...failed));
  }
  return made;
}

function show(snapshot) {
  const state = document.getElementById("state");
  if (snapshot.error) {
    state.textContent = snapshot.error;
    return;
  }
  const busy = snapshot.sweeps.reduce((sum, sweep) => sum + sweep.work.length, 0);
  state.textContent = busy ? `${plural(busy, "fit", "fits")} under way` : "Nothing is under way";
  document.title = busy ? `(${busy}) anolab` : "anolab";
  const report = document.getElementById("report");
  report.hidden = !snapshot.report.runs;
  report.textContent = `Report of ${plural(snapshot.report.runs, "run", "runs")}`;
  report.title = snapshot.report.failed ?? "";
  document.getElementById("sweeps").replaceChildren(...snapshot.sweeps.map(section));
}

const events = new EventSource("events");
events.onmessage = (event) => show(JSON.parse(event.data));
events.onerror = () => (document.getElementById("state").textContent = "The server has ended; this is what it showed last");
