const groups = ["added", "removed", "changed", "moved", "rebuilt", "unreadable"];
const groupWords = { added: "new", removed: "removed", changed: "updated", moved: "moved", rebuilt: "rebuilt", unreadable: "unreadable" };
const classes = ["interface", "code", "data", "moved", "rebuilt", "residue"];
const rowHeight = 30, linesAtOnce = 300, longText = 4000, longestResidue = 8192;
const byId = id => document.getElementById(id);
let head, items = [], shown = [], current = 0, sortBy = "score", down = true, names = {}, readable = true;

// Text from a firmware goes into the page by textContent alone. What would move a cursor or turn the reading direction is spelt out.
const named = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const visible = text => String(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, c => {
  const code = c.codePointAt(0);
  return named[c] ?? (code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`);
});
const number = value => Number(value).toLocaleString("en-GB", { maximumFractionDigits: 2 });

function make(tag, options, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options ?? {})) {
    if (name === "text") element.textContent = value;
    else if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== undefined && child !== null));
  return element;
}

// A text of any length: the first part, and the rest on demand.
function text(value, tag = "span", css) {
  const all = visible(value);
  const element = make(tag, { class: css, text: all.length > longText ? all.slice(0, longText) : all });
  if (all.length > longText) {
    const more = make("button", { type: "button", text: `… ${number(all.length - longText)} more characters` });
    more.addEventListener("click", () => { element.textContent = all; });
    element.append(" ", more);
  }
  return element;
}

function table(heads, rows, numeric = () => false) {
  return make("div", { class: "wide" }, make("table", null,
    make("thead", null, make("tr", null, ...heads.map((name, i) => make("th", { scope: "col", text: name, class: numeric(i) ? "number" : null })))),
    make("tbody", null, ...rows.map(cells => make("tr", null, ...cells.map((cell, i) =>
      cell instanceof Node ? make("td", { class: numeric(i) ? "number" : null }, cell) : make("td", { class: numeric(i) ? "number" : null }, text(cell ?? "–"))))))));
}

async function unpack(element) {
  const packed = atob(element.textContent.trim());
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

const link = item => "#/" + [item.handler, item.volume ?? "", ...item.path.split("/")].map(encodeURIComponent).join("/");

function baseName(path) {
  const parts = path.split(/[\\/]/).filter(part => part);
  return parts.length ? parts[parts.length - 1] : path;
}

function showOverview() {
  byId("title").textContent = visible(head.title);
  byId("pair").append(...[head.old, head.new].flatMap((side, i) => [i ? " → " : "", text(side.version ? `${side.version} (${side.build ?? "–"})` : baseName(side.path), "strong")]));
  byId("inputs").append(table(["", "Old", "New"], [
    ["File", text(baseName(head.old.path), "code"), text(baseName(head.new.path), "code")],
    ["Kind", head.old.kind, head.new.kind],
    ["Version", head.old.version, head.new.version],
    ["Build", head.old.build, head.new.build],
    ["Products", (head.old.products ?? []).join(", "), (head.new.products ?? []).join(", ")],
  ]));
  const counts = section => groups.map(group => section.counts[group] ?? 0);
  byId("sections").append(table(["Section", ...groups.map(group => groupWords[group]), "State"], head.sections.map(section => [
    make("a", { href: "#list", text: visible(section.handler), on: { click: () => { byId("by-section").value = section.handler; apply(); } } }),
    ...counts(section).map(number),
    make("span", { class: `state-${section.state}` }, text(section.reason ? `${section.state}: ${section.reason}` : section.state)),
  ]), i => i > 0 && i <= groups.length));
  byId("chart").append(chart(head.sections.map(section => [section.handler, counts(section)]).filter(([, all]) => all.some(count => count > 0))));
  byId("growth").append(growthChart());
  showFacts();
  showRun();
}

function showFacts() {
  const parts = head.sections.flatMap(section => [
    section.facts?.length ? table([section.handler, "In", "Old", "New"], section.facts.map(fact => [fact.name, fact.container, fact.old, fact.new])) : null,
    section.containers?.length ? table([section.handler, "Old items", "New items", "Same identity", "Of those moved", "Notes"],
      section.containers.map(file => [text(file.name, "code"), number(file.oldItems), number(file.newItems), number(file.sameIdentity), number(file.movedOnly), (file.notes ?? []).join(" ")]),
      i => i > 0 && i < 5) : null,
  ]).filter(part => part);
  byId("facts").append(...parts);
  byId("facts-part").hidden = parts.length === 0;
}

function showRun() {
  const run = head.run, mebibytes = bytes => number(Math.round(bytes / 1048576)) + " MiB";
  byId("run").append(
    make("p", null, text(`${head.tool.name} ${head.tool.version}, started ${run.startedAt}: ${number(run.durationSeconds)} s, ${number(run.shards)} ${run.shards === 1 ? "shard" : "shards"}, peak ${mebibytes(run.peakWorkingSetBytes)}`)),
    run.activities?.length ? table(["Activity", "Seconds", "Items", "Bytes", "Peak"], run.activities.map(part =>
      [part.name, number(part.durationSeconds), number(part.items), number(part.bytes), mebibytes(part.peakWorkingSetBytes)]), i => i > 0) : "",
    Object.keys(run.skipped ?? {}).length ? table(["Proven identical by", "Items"], Object.entries(run.skipped).map(([proof, count]) => [proof, number(count)]), i => i === 1) : "",
    make("details", null, make("summary", { text: "Options" }), value(head.options)));
}

const columns = [
  ["score", "Score", (a, b) => (a.score ?? -1) - (b.score ?? -1)],
  ["class", "Class", (a, b) => classes.indexOf(b.class) - classes.indexOf(a.class)],
  ["section", "Section", (a, b) => a.section - b.section],
  ["group", "Kind", (a, b) => a.group - b.group],
  ["path", "Path", (a, b) => a.sortKey < b.sortKey ? -1 : a.sortKey > b.sortKey ? 1 : 0],
];

function showColumns() {
  byId("columns").replaceChildren(...columns.map(([key, name]) => make("div", { role: "columnheader", "aria-sort": key === sortBy ? (down ? "descending" : "ascending") : "none" },
    make("button", {
      type: "button", id: `sort-${key}`, text: name + (key === sortBy ? (down ? " ▾" : " ▴") : ""),
      on: { click: () => { down = key === sortBy ? !down : key === "score" || key === "class"; sortBy = key; showColumns(); apply(); byId(`sort-${key}`).focus(); } },
    }))));
}

function fill(select, options) {
  for (const [key, word] of options) select.append(make("option", { value: key, text: visible(word) }));
}

function apply() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(word => word);
  const [section, group, kind] = [byId("by-section").value, byId("by-group").value, byId("by-class").value];
  const score = Number(byId("by-score").value) || 0;
  const [, , order] = columns.find(([key]) => key === sortBy);
  shown = items.filter(item => (!section || item.handler === section) && (!group || groups[item.group] === group) && (!kind || item.class === kind)
    && (score <= 0 || (item.score ?? -1) >= score) && words.every(word => item.searchKey.includes(word)));
  shown.sort((a, b) => (down ? order(b, a) : order(a, b)) || a.place - b.place);
  current = 0;
  byId("shown").textContent = `${number(shown.length)} of ${number(items.length)}`;
  byId("table").setAttribute("aria-rowcount", shown.length + 1);
  byId("space").style.height = `${Math.max(1, shown.length) * rowHeight}px`;
  byId("viewport").scrollTop = 0;
  showRows();
}

// Only the rows in sight exist.
function showRows() {
  const view = byId("viewport");
  const first = Math.max(0, Math.floor(view.scrollTop / rowHeight) - 8);
  const last = Math.min(shown.length, first + Math.ceil((view.clientHeight || 500) / rowHeight) + 16);
  const rows = byId("rows");
  rows.style.transform = `translateY(${first * rowHeight}px)`;
  rows.replaceChildren(...shown.slice(first, last).map((item, i) => row(item, first + i)));
  if (shown.length === 0) rows.append(make("div", { class: "row dim", text: "Nothing matches." }));
  const active = byId(`row-${current}`);
  if (active) view.setAttribute("aria-activedescendant", active.id); else view.removeAttribute("aria-activedescendant");
}

function row(item, index) {
  const place = (item.volume ? item.volume + ": " : "") + (item.fromPath ? `${item.fromPath} → ` : "") + item.path + (item.reason ? ` — ${item.reason}` : "");
  const group = groups[item.group];
  const path = make("a", { href: link(item), tabindex: -1, class: "mono", text: visible(place.slice(0, 600)) });
  const cell = (content, css) => make("span", { role: "gridcell", class: css }, content);
  return make("div", {
    role: "row", id: `row-${index}`, class: index === current ? "row current" : "row", "aria-rowindex": index + 2, "aria-selected": index === current ? "true" : "false",
    on: { click: event => { current = index; if (event.target !== path) open(item); } },
  }, cell(item.score === undefined ? "–" : String(item.score), "number"), cell(item.class ?? "–"), cell(visible(item.handler)), cell(groupWords[group], `group-${group}`), cell(path));
}

function move(to) {
  if (shown.length === 0) return;
  current = Math.min(shown.length - 1, Math.max(0, to));
  const view = byId("viewport"), top = current * rowHeight;
  if (top < view.scrollTop) view.scrollTop = top;
  else if (top + rowHeight > view.scrollTop + view.clientHeight) view.scrollTop = top + rowHeight - view.clientHeight;
  showRows();
}

const open = item => { location.hash = link(item); };

let scrolled = 0;
function route() {
  const [, handler, volume, ...path] = location.hash.startsWith("#/") ? location.hash.split("/").map(part => { try { return decodeURIComponent(part); } catch { return part; } }) : [];
  const item = handler === undefined ? undefined : items.find(one => one.handler === handler && (one.volume ?? "") === volume && one.path === path.join("/"));
  if (item && byId("item").hidden) scrolled = scrollY;
  byId("overview").hidden = item !== undefined;
  byId("item").hidden = item === undefined;
  if (item) {
    scrollTo(0, 0);
    return showItem(item);
  }
  document.title = visible(head.title);
  byId("item").replaceChildren();
  if (location.hash !== "#list") scrollTo(0, scrolled);
  showRows();
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
  if (event.key === "Escape" && !byId("item").hidden) { location.hash = "#"; byId("viewport").focus({ preventScroll: true }); }
  else if (event.key === "/" && !typing && byId("item").hidden) { event.preventDefault(); byId("search").focus(); }
  else if (document.activeElement === byId("viewport")) {
    const page = Math.floor(byId("viewport").clientHeight / rowHeight);
    const to = { ArrowDown: current + 1, ArrowUp: current - 1, PageDown: current + page, PageUp: current - page, Home: 0, End: shown.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); move(to); }
    else if (event.key === "Enter" && shown[current]) open(shown[current]);
  } else if ((event.key === "ArrowDown" || event.key === "Enter") && document.activeElement === byId("search")) { event.preventDefault(); byId("viewport").focus(); }
}

async function start() {
  head = await unpack(byId("head"));
  for (const rule of head.residue) rule.expression = new RegExp(rule.pattern);
  for (const block of document.querySelectorAll("script.items")) {
    for (const [section, group, details, item, growth] of await unpack(block)) {
      const handler = head.sections[section].handler;
      items.push({
        ...item, section, group, handler, block: details, growth, place: items.length,
        sortKey: `${item.volume ?? ""}\0${item.path}`, searchKey: `${item.volume ?? ""} ${item.path} ${item.fromPath ?? ""} ${item.reason ?? ""}`.toLowerCase(),
      });
    }
    block.remove();
  }
  showOverview();
  fill(byId("by-section"), head.sections.map(section => [section.handler, section.handler]));
  fill(byId("by-group"), groups.map(group => [group, groupWords[group]]));
  fill(byId("by-class"), classes.map(name => [name, name]));
  showColumns();
  for (const id of ["search", "by-section", "by-group", "by-class", "by-score"]) byId(id).addEventListener("input", apply);
  byId("filters").addEventListener("submit", event => event.preventDefault());
  let asked = false;
  byId("viewport").addEventListener("scroll", () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; showRows(); });
  });
  document.addEventListener("keydown", keys);
  addEventListener("hashchange", route);
  apply();
  await route();
  document.documentElement.dataset.ready = "true";
}

start();
