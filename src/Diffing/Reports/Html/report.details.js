// Details are shown by the shape of their values, so that no facet, not even one that this page has no words for, is left out.
const isEmpty = all => all === null || all === undefined || (typeof all === "object" && Object.values(all).every(isEmpty));
const isPlain = all => typeof all !== "object" || all === null;
const label = name => name.replace(/([a-z])([A-Z])/g, (all, a, b) => `${a} ${b.toLowerCase()}`);
const oneLine = all => isPlain(all) ? String(all)
  : Array.isArray(all) ? all.map(oneLine).join(", ")
  : "name" in all ? [all.name, ...Object.entries(all).filter(([key, of]) => key !== "name" && !isEmpty(of)).map(([key, of]) => `${label(key)} ${oneLine(of)}`)].join(" · ")
  : Object.entries(all).filter(([, of]) => !isEmpty(of)).map(([key, of]) => `${label(key)} ${oneLine(of)}`).join(" · ");

// A name that says more when it is demangled stands there both ways; which one is seen the reader chooses.
function line(one, sign, css) {
  if (isPlain(one) || !Object.hasOwn(names, one.name ?? "")) return text(sign + oneLine(one), "div", css);
  return make("div", { class: css, title: visible(one.name).slice(0, longText) },
    text(sign + oneLine({ ...one, name: names[one.name] }), "span", "readable"), text(sign + oneLine(one), "span", "raw"));
}

function lines(list, sign, css) {
  const box = make("div", { class: "lines mono" });
  let next = 0;
  const more = make("button", { type: "button", on: { click: add } });
  function add() {
    more.remove();
    for (const end = Math.min(list.length, next + linesAtOnce); next < end; next++) box.append(line(list[next], sign, css));
    if (next < list.length) {
      more.textContent = `${number(list.length - next)} more`;
      box.append(more);
    }
  }
  add();
  return box;
}

function value(all, name) {
  if (isPlain(all)) return text(all ?? "–", "code");
  if (Array.isArray(all)) {
    if (name === "values") return table(["Key", "Old", "New"], all.map(change => [make("div", {}, text(change.key.join(" › "), "code"), ...(change.owners ?? []).map(owner => make("div", {}, text(`${owner.volume}: `), text(owner.path, "code")))), text(change.old === undefined ? "–" : JSON.stringify(change.old), "code"), text(change.new === undefined ? "–" : JSON.stringify(change.new), "code")]));
    return all.some(one => !isPlain(one) && Object.values(one).some(of => !isPlain(of) && !Array.isArray(of)))
      ? make("div", { class: "nest" }, ...all.map(one => value(one)))
      : lines(all, name === "added" ? "+ " : name === "removed" ? "- " : "", name === "added" ? "plus" : name === "removed" ? "minus" : null);
  }
  const nest = make("div", { class: "nest" });
  const plain = Object.entries(all).filter(([, of]) => isPlain(of) && of !== null);
  if (plain.length) nest.append(table(["", ""], plain.map(([key, of]) => [label(key), text(of, "code")])));
  for (const [key, of] of Object.entries(all)) if (!isPlain(of) && !isEmpty(of)) nest.append(make("h4", { text: heading(key, of) }), value(of, key));
  return nest;
}

const heading = (key, of) => Array.isArray(of) ? `${label(key)} (${number(of.length)})` : label(key);

// What the rules of residue match, apart from the rest, with a count for each rule; the rules come with the data.
function fold(change) {
  const counts = new Map(), residue = {};
  const split = (facet, kind, of) => {
    if (!change[facet]) return undefined;
    const kept = { ...change[facet] };
    for (const side of ["added", "removed"]) {
      const rest = [];
      kept[side] = (kept[side] ?? []).filter(one => {
        const rule = of(one).length > longestResidue ? undefined : head.residue.find(rule => rule[kind] && rule.expression.test(of(one)));
        if (rule) {
          rest.push(one);
          counts.set(rule.what, (counts.get(rule.what) ?? 0) + 1);
        }
        return !rule;
      });
      if (rest.length) (residue[facet] ??= {})[side] = rest;
    }
    return kept;
  };
  const signal = { ...change, symbols: split("symbols", "names", symbol => symbol.name), functions: split("functions", "names", one => one.name), cStrings: split("cStrings", "strings", one => one) };
  return { signal, residue, counts };
}

function residuePart(residue, counts) {
  const what = [...counts].sort(([a], [b]) => a < b ? -1 : 1).map(([rule, count]) => `${number(count)} ${rule}`).join(", ");
  const part = make("details", { class: "residue" }, make("summary", { text: `Compiler residue: ${what}` }));
  part.addEventListener("toggle", () => part.append(value(residue)), { once: true });
  return part;
}

// Both sides of a slice: what differs in numbers and names, then its sections and libraries side by side.
function slice(all) {
  const { signal: change, residue, counts } = fold(all);
  const { arch, oldArch, old, new: now, what, ...rest } = change;
  const part = make("section", null, make("h3", null, text(oldArch ? `${oldArch} → ${arch}` : arch, "code")));
  if (what?.length) part.append(make("p", { class: "dim" }, text(what.join(", "))));
  if (old || now) {
    const [before, after] = [old ?? {}, now ?? {}];
    part.append(sides(before, after));
    part.append(...sizes(before.sections ?? [], after.sections ?? []), ...libraries(before.dylibs ?? [], after.dylibs ?? []));
  }
  for (const [key, of] of Object.entries(rest)) if (!isEmpty(of)) part.append(make("h4", { text: heading(key, of) }), value(of, key));
  if (counts.size) part.append(residuePart(residue, counts));
  return part;
}

function sides(before, after) {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(key => isPlain(before[key] ?? null) && isPlain(after[key] ?? null));
  return table(["", "Old", "New"], keys.map(key => [label(key), ...[before[key], after[key]].map(of => text(of ?? "–", "code", before[key] === after[key] ? "dim" : null))]));
}

function sizes(before, after) {
  const old = new Map(before.map(section => [section.name, section.size])), now = new Map(after.map(section => [section.name, section.size]));
  const rows = [...new Set([...old.keys(), ...now.keys()])].filter(name => old.get(name) !== now.get(name)).map(name => {
    const delta = (now.get(name) ?? 0) - (old.get(name) ?? 0);
    return [text(name, "code"), old.has(name) ? number(old.get(name)) : "–", now.has(name) ? number(now.get(name)) : "–", make("span", { class: delta > 0 ? "plus" : "minus", text: (delta > 0 ? "+" : "") + number(delta) })];
  });
  return rows.length ? [make("h4", { text: `sections of another size (${rows.length})` }), table(["Section", "Old", "New", "Bytes"], rows, i => i > 0)] : [];
}

function libraries(before, after) {
  const key = use => `${use.name} (${use.kind})`;
  const [old, now] = [new Set(before.map(key)), new Set(after.map(key))];
  const [added, removed] = [[...now].filter(use => !old.has(use)), [...old].filter(use => !now.has(use))];
  return added.length + removed.length === 0 ? [] : [make("h4", { text: "libraries" }),
    ...(removed.length ? [lines(removed, "- ", "minus")] : []), ...(added.length ? [lines(added, "+ ", "plus")] : [])];
}

async function showItem(item) {
  const page = byId("item"), group = groups[item.group];
  const { handler, section, group: _, place, searchKey, sortKey, block, path, volume, class: kind, score, what, counts, growth, old, new: now, ...facts } = item;
  const found = make("div", { id: "details", "aria-busy": block === null ? "false" : "true" });
  page.replaceChildren(
    make("p", null, make("a", { href: "#", id: "back", text: "← all changes" })),
    make("h1", { text: visible(baseName(path)) }),
    make("p", null, make("a", { href: link(item), class: "mono", text: visible((volume ? volume + ": " : "") + path).slice(0, longText) })),
    make("p", null, text(handler), " · ", make("span", { class: `group-${group}`, text: groupWords[group] }),
      kind ? ` · ${kind}` : "", score === undefined ? "" : ` · score ${score}`, what?.length ? text(` · ${what.join(", ")}`) : ""),
    isEmpty(counts) ? "" : make("p", { class: "dim" }, text(oneLine(counts))),
    growth ? make("p", { class: "dim", text: `${bytes(growth)} in all sections` }) : "",
    old || now ? sides(old ?? {}, now ?? {}) : "",
    isEmpty(facts) ? "" : value(facts), found);
  document.title = `${visible(baseName(path)).slice(0, 200)} – ${visible(head.title)}`;
  page.focus();
  if (block === null) return;
  const [{ volume: inVolume, path: itsPath, slices, ...rest }, known] = await Promise.all([unpack(byId(`d${block}`)), byId(`n${block}`) ? unpack(byId(`n${block}`)) : {}]);
  names = known;
  if (!isEmpty(names)) found.append(nameChoice(page));
  for (const change of slices ?? []) found.append(slice(change));
  for (const [key, of] of Object.entries(rest)) if (!isEmpty(of)) found.append(make("h3", { text: heading(key, of) }), value(of, key));
  found.setAttribute("aria-busy", "false");
}

function nameChoice(page) {
  const box = make("input", { type: "checkbox", id: "readable", checked: readable ? "checked" : null, on: { input: () => { readable = box.checked; choose(); } } });
  const choose = () => page.classList.toggle("raw-names", !readable);
  choose();
  return make("p", null, make("label", null, box, ` Readable names (${number(Object.keys(names).length)}); the raw one is behind each`));
}
