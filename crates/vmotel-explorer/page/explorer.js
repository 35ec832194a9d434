"use strict";
// The page of vmotel-explorer. All texts of metrics are data: they reach the page through textContent alone.

const base = document.body.dataset.base;
const byId = (id) => document.getElementById(id);
const view = { sort: "name", up: true, search: "", type: "", open: new Set(), paused: false };
const rows = new Map();
let data = null;

/** Makes an element with a class, a text and children. */
function make(tag, name, text, ...children) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined && text !== null) element.textContent = text;
  element.append(...children);
  return element;
}

/** Sets a text only where it changed, so that a reader's selection stays. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const plain = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 4, notation: "compact" });

/** A number for people; null is one that is not known. */
function number(value) {
  if (value === null || value === undefined) return "–";
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(2);
  return Math.abs(value) >= 100000 ? short.format(value) : plain.format(value);
}

function seconds(value) {
  if (value === null || value === undefined) return "–";
  if (value < 1) return `${plain.format(value * 1000)} ms`;
  return value < 120 ? `${plain.format(Math.round(value * 10) / 10)} s` : `${Math.round(value / 60)} min`;
}

/** Draws the points as a line; a gap where a value is missing. */
function sparkline(points, label) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "spark");
  svg.setAttribute("viewBox", "0 0 100 30");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  const known = points.filter((point) => point !== null);
  const low = Math.min(0, ...known);
  const span = Math.max(...known) - low || 1;
  const step = 100 / Math.max(points.length - 1, 1);
  let line = [];
  const end = () => {
    // A single point is drawn as a dash, to the left where there is no room on the right.
    if (line.length === 1) line.push(line[0].replace(/^[^,]*/, (x) => String(Number(x) > 97 ? Number(x) - 2 : Number(x) + 2)));
    if (line.length > 0) {
      const drawn = document.createElementNS(space, "polyline");
      drawn.setAttribute("points", line.join(" "));
      svg.append(drawn);
    }
    line = [];
  };
  points.forEach((point, at) => {
    if (point === null) end();
    else line.push(`${(at * step).toFixed(2)},${(28 - 26 * (point - low) / span).toFixed(2)}`);
  });
  end();
  return svg;
}

function tile(name, value, health) {
  return make("li", "", null, make("b", health, value), make("span", "", name));
}

function showTiles() {
  const sum = (list, key) => list.reduce((all, item) => all + item[key], 0);
  const folded = sum(data.limits, "folded_values");
  const overflows = data.families.filter((family) => family.overflow).length;
  const bad = data.status.parts.filter((part) => part.health === "bad").length;
  const parts = bad > 0 ? [`${bad} failing`, "bad"] : ["good", "good"];
  byId("tiles").replaceChildren(
    tile("families", number(data.families.length)),
    tile("series", number(data.series)),
    tile("new series, last minute", number(data.new), data.new > 0 ? "warning" : ""),
    tile("label values folded", number(folded), folded > 0 ? "warning" : ""),
    tile("families in overflow", number(overflows), overflows > 0 ? "bad" : ""),
    ...(data.status.parts.length > 0 ? [tile("exporter", parts[0], parts[1])] : []),
    ...(data.families_left_out > 0 ? [tile("families left out", number(data.families_left_out), "bad")] : []),
  );
}

/** Makes the row of a family; its cells are filled by fill(). */
function makeRow(name) {
  const button = make("button", "", name);
  button.type = "button";
  button.addEventListener("click", () => toggle(name));
  const cells = {
    overflow: make("span", "overflow", "overflow"),
    help: make("span", "help"),
    type: make("td"),
    unit: make("td"),
    series: make("td", "number"),
    new: make("td", "number"),
    latest: make("td", "number"),
    recent: make("td", "recent"),
  };
  cells.overflow.title = "a series with the label otel_metric_overflow takes what is beyond a limit";
  for (const label of ["type", "unit", "series", "new", "latest"]) cells[label].dataset.label = label;
  const row = make("tr", "row", null, make("td", "name", null, button, cells.overflow, cells.help),
    cells.type, cells.unit, cells.series, cells.new, cells.latest, cells.recent);
  const detail = make("tr", "detail", null);
  const body = make("td");
  body.colSpan = 7;
  detail.append(body);
  detail.hidden = true;
  return { row, button, cells, detail, body };
}

function fill(entry, family) {
  const { row, button, cells } = entry;
  row.classList.toggle("gone", family.series === 0);
  button.setAttribute("aria-expanded", String(view.open.has(family.name)));
  cells.overflow.hidden = !family.overflow;
  say(cells.help, family.help);
  say(cells.type, family.type);
  say(cells.unit, family.unit);
  cells.unit.classList.toggle("none", family.unit === "");
  say(cells.series, number(family.series));
  say(cells.new, family.new === 0 ? "0" : `+${number(family.new)}${family.exact ? "" : " net"}`);
  cells.new.classList.toggle("new-series", family.new > 0);
  const latest = number(family.latest) + (family.shows === "rate" && family.latest !== null ? " /s" : "");
  cells.latest.replaceChildren(latest);
  if (family.mean !== null) cells.latest.append(make("span", "mean", `mean ${number(family.mean)}`));
  const word = family.shows === "rate" ? "per second" : "value";
  cells.recent.replaceChildren(sparkline(family.points, `recent values, ${word}, latest ${latest}`));
}

function shown() {
  const words = view.search.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (family) => {
    const text = `${family.name} ${family.help}`.toLowerCase();
    return (view.type === "" || family.type === view.type) && words.every((word) => text.includes(word));
  };
  const sign = view.up ? 1 : -1;
  const key = view.sort;
  return data.families.filter(fits).sort((a, b) => {
    const [x, y] = [a[key], b[key]];
    const order = typeof x === "string" ? x.localeCompare(y) : (x ?? -Infinity) - (y ?? -Infinity);
    return sign * (order || 0) || a.name.localeCompare(b.name);
  });
}

function showFamilies() {
  const list = shown();
  const wanted = [];
  const known = new Set(data.families.map((family) => family.name));
  for (const name of rows.keys()) if (!known.has(name)) rows.delete(name);
  for (const family of list) {
    if (!rows.has(family.name)) rows.set(family.name, makeRow(family.name));
    const entry = rows.get(family.name);
    fill(entry, family);
    entry.detail.hidden = !view.open.has(family.name);
    wanted.push(entry.row, entry.detail);
  }
  const body = byId("rows");
  // Moved only where the order changed, so that the focus stays.
  const same = body.children.length === wanted.length && wanted.every((row, at) => body.children[at] === row);
  if (!same) {
    const focus = document.activeElement;
    body.replaceChildren(...wanted);
    if (body.contains(focus)) focus.focus({ preventScroll: true });
  }
  say(byId("count"), `${list.length} of ${data.families.length} families`);
  const empty = byId("empty");
  empty.hidden = list.length > 0;
  say(empty, data.families.length > 0 ? "No family fits the search." :
    "No family has a value yet: instruments show up once something was recorded.");
}

async function toggle(name) {
  if (view.open.has(name)) view.open.delete(name);
  else view.open.add(name);
  showFamilies();
  if (view.open.has(name)) await showDetail(name);
}

function table(title, heads, lines) {
  const head = make("tr");
  for (const text of heads) {
    const cell = make("th", "", text);
    cell.scope = "col";
    head.append(cell);
  }
  const body = make("tbody");
  for (const cells of lines) {
    const line = make("tr");
    for (const cell of cells) {
      line.append(cell instanceof Node ? make("td", "", null, cell) : make("td", "value", cell));
    }
    body.append(line);
  }
  const box = make("div", "scroll", null, make("table", "", null, make("thead", "", null, head), body));
  // What scrolls can be reached and scrolled by keys.
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", title);
  return box;
}

function chips(pairs, name) {
  const list = make("ul", "chips");
  for (const [value, count] of pairs) {
    const text = value === "" ? "(empty)" : value;
    list.append(make("li", `mono ${name ?? ""}`, count === undefined ? text : `${text} × ${number(count)}`));
  }
  return list;
}

function exemplar(found) {
  if (!found) return make("span", "", "");
  const age = seconds(found.age_samples * data.interval_seconds);
  return make("span", "mono", `${number(found.value)} trace ${found.trace_id} span ${found.span_id}, ${age} ago`);
}

async function showDetail(name) {
  const entry = rows.get(name);
  if (!entry) return;
  let parts;
  try {
    const answer = await fetch(`${base}/family.json?name=${encodeURIComponent(name)}`);
    if (!answer.ok) throw new Error((await answer.text()).trim());
    parts = detail(await answer.json());
  } catch (error) {
    parts = [make("p", "error", `cannot be read: ${error.message}`)];
  }
  entry.body.replaceChildren(...parts);
}

function detail(family) {
  const parts = [];
  if (family.labels.length > 0) {
    parts.push(make("h3", "", "Labels, those with the most values first"));
    parts.push(table("labels", ["label", "values", "with the most series"], family.labels.map((label) =>
      [label.name, `${label.at_least ? "≥ " : ""}${number(label.values)}`, chips(label.top)])));
  }
  if (family.buckets.length > 0) {
    const most = Math.max(1, ...family.buckets.map((bucket) => bucket.count));
    parts.push(make("h3", "", "Buckets, all series together"));
    parts.push(table("buckets", ["bound", "count", "", "exemplar"], family.buckets.map((bucket) => {
      const bar = make("span", "bar");
      bar.style.width = `${7 * bucket.count / most}rem`;
      return [bucket.bound, number(bucket.count), bar, exemplar(bucket.exemplar)];
    })));
  }
  if (family.exemplars.length > 0) {
    parts.push(make("h3", "", "Exemplars"));
    parts.push(table("exemplars", ["exemplar"], family.exemplars.map((found) => [exemplar(found)])));
  }
  const distribution = family.type === "histogram" || family.type === "summary";
  parts.push(make("h3", "", `Series with the highest ${distribution ? "counts" : "values"}: ${family.top.length} of ${number(family.series)}`));
  const heads = distribution ? ["labels", "count", "sum"] : ["labels", "value"];
  parts.push(table("series", heads, family.top.map((series) => {
    const labels = series.labels.map(([key, value]) => `${key}="${value}"`).join(", ");
    const cells = [make("span", "mono", labels || "(no labels)"), number(series.value)];
    return distribution ? [...cells, number(series.sum)] : cells;
  })));
  return parts;
}

function showLimits() {
  const blocks = [];
  for (const limits of data.limits) {
    const counts = `${number(limits.sets)} of ${number(limits.max_sets)} label sets, ${number(limits.folded_values)} values folded, ` +
      `${number(limits.overflows)} measurements overflowed`;
    blocks.push(make("p", "note", `${limits.name}: ${counts}`));
    for (const metric of limits.metrics) {
      const title = `${metric.name}: ${number(metric.sets)} of ${number(metric.max_sets)} sets` +
        (metric.overflows > 0 ? `, ${number(metric.overflows)} overflowed` : "");
      const lines = metric.labels.map((label) => [
        make("span", label.folded > 0 ? "mono warning" : "mono", label.name),
        number(label.admitted), number(label.distinct), number(label.new), number(label.folded),
        chips(label.top.slice(0, 8).map(([value, weight]) => weight > 0 ? [value, weight] : [value])), chips(label.folded_values.slice(0, 8).map((value) => [value]), "folded"),
      ]);
      blocks.push(make("div", "limit", null, make("h3", "mono", title),
        table(metric.name, ["label", "admitted", "distinct", "new / min", "folded", "heaviest values × weight", "some that were folded"], lines)));
    }
  }
  if (blocks.length === 0) blocks.push(make("p", "note", "No controller of labels is watched."));
  byId("limits").replaceChildren(...blocks);
}

function showStatus() {
  const cards = data.status.parts.map((part) => {
    const list = make("dl");
    for (const [name, value] of part.facts) list.append(make("dt", "", name), make("dd", "", value));
    const card = make("div", "card", null,
      make("h3", "", null, make("span", "", part.name), make("span", `pill ${part.health}`, part.health)), list);
    if (part.last_error !== null) card.append(make("p", "error", `last error: ${part.last_error}`));
    return card;
  });
  if (cards.length === 0) cards.push(make("p", "note", "No exporter is watched."));
  byId("parts").replaceChildren(...cards);
  const warnings = data.status.warnings.slice(-50).reverse().map((warning) => make("li", "", warning));
  byId("warnings").replaceChildren(...(warnings.length > 0 ? warnings : [make("li", "note", "none")]));
}

function show() {
  say(byId("title"), data.title);
  document.title = `${data.title} – metrics explorer`;
  showTiles();
  showFamilies();
  showLimits();
  showStatus();
  say(byId("footer"), `${number(data.samples)} samples, one every ${seconds(data.interval_seconds)}; the last ${data.ages.length} are shown; ` +
    `the last one took ${seconds(data.took_seconds)}. Nothing on this page comes from another host.`);
}

function connection(text, health) {
  const pill = byId("connection");
  say(pill, text);
  pill.className = `pill ${health}`;
}

async function refresh() {
  try {
    const answer = await fetch(`${base}/data.json`);
    if (!answer.ok) throw new Error((await answer.text()).trim());
    data = await answer.json();
    show();
    document.body.dataset.samples = String(data.samples);
    if (data.failure !== null) connection(data.failure, "bad");
    else if (data.age_seconds > 3 * data.interval_seconds + 1) connection(`no sample for ${seconds(data.age_seconds)}`, "bad");
    else connection("live", "good");
  } catch (error) {
    connection(`not reachable: ${error.message}`, "bad");
  }
}

async function loop() {
  if (!view.paused && !document.hidden) await refresh();
  const wait = data === null ? 2000 : Math.max(1000, data.interval_seconds * 1000);
  // The first sample is there at once, the second one after the interval.
  setTimeout(loop, data !== null && data.samples === 0 ? 300 : wait);
}

byId("search").addEventListener("input", (event) => {
  view.search = event.target.value;
  if (data) showFamilies();
});
byId("type").addEventListener("change", (event) => {
  view.type = event.target.value;
  if (data) showFamilies();
});
document.querySelector("form.filter").addEventListener("submit", (event) => event.preventDefault());
byId("pause").addEventListener("click", (event) => {
  view.paused = !view.paused;
  event.target.setAttribute("aria-pressed", String(view.paused));
  connection(view.paused ? "paused" : "live", view.paused ? "off" : "good");
});
for (const button of document.querySelectorAll("[data-sort]")) {
  button.addEventListener("click", () => {
    const key = button.dataset.sort;
    const text = key === "name" || key === "type" || key === "unit";
    view.up = view.sort === key ? !view.up : text;
    view.sort = key;
    for (const head of document.querySelectorAll("#table > thead th")) head.removeAttribute("aria-sort");
    button.closest("th").setAttribute("aria-sort", view.up ? "ascending" : "descending");
    if (data) showFamilies();
  });
}
document.addEventListener("keydown", (event) => {
  const search = byId("search");
  if (event.key === "/" && document.activeElement !== search && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && document.activeElement === search) {
    search.value = "";
    search.dispatchEvent(new Event("input"));
  }
});

loop();
