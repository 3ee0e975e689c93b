"use strict";

const byId = id => document.getElementById(id);
const say = text => { byId("message").textContent = text; };
const rows = new Map();
const views = new Map();

async function call(path, init) {
  const answer = await fetch(path, init);
  if (answer.status === 204) return null;
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail ?? `the service answers ${answer.status}`);
  return body;
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const hasEnded = run => run.state !== "Queued" && run.state !== "Running";

function progressOf(run, etaSeconds) {
  if (hasEnded(run)) return [run.reason ? element("small", { textContent: run.reason }) : ""];
  const bar = element("progress", { max: 1, ariaLabel: "progress" });
  if (run.bytesPlanned > 0) bar.value = run.bytesDone / run.bytesPlanned;
  const shards = run.shardsPlanned > 0 ? `, shard ${run.shardsDone} of ${run.shardsPlanned}` : "";
  const eta = etaSeconds == null ? "" : `, ${Math.ceil(etaSeconds)} s left`;
  return [bar, element("small", { textContent: `${run.phase ?? "waiting"}${shards}${eta}` })];
}

function row(view) {
  const run = view.run;
  const base = `api/diffs/${run.id}/`;
  const links = view.reports.map(name => element("a", { href: base + name, textContent: name.split(".").pop() }));
  const act = element("button", { type: "button", textContent: hasEnded(run) ? "Remove" : "Cancel" });
  act.addEventListener("click", () => remove(run.id));
  const made = element("tr", { id: `run-${run.id}` },
    element("td", { textContent: run.old }), element("td", { textContent: run.new }),
    element("td", { textContent: run.state }), element("td", {}, ...progressOf(run, view.etaSeconds)),
    element("td", {}, ...links), element("td", {}, act));
  made.dataset.state = run.state;
  return made;
}

async function remove(id) {
  try {
    await call(`api/diffs/${id}`, { method: "DELETE" });
    await refresh();
  } catch (fault) {
    say(fault.message);
  }
}

async function refresh() {
  const { runs } = await call("api/diffs");
  const shown = byId("runs");
  const ids = new Set(runs.map(run => run.id));
  for (const [id, old] of rows) {
    if (!ids.has(id)) { old.remove(); rows.delete(id); views.delete(id); }
  }
  let before = null;
  for (const run of runs.reverse()) {
    const known = views.get(run.id);
    const mark = JSON.stringify(run);
    if (known !== mark || !hasEnded(run)) {
      const made = row(await call(`api/diffs/${run.id}`));
      const old = rows.get(run.id);
      const focused = old?.contains(document.activeElement);
      if (old) old.replaceWith(made); else shown.insertBefore(made, before);
      if (focused) made.querySelector("button").focus();
      rows.set(run.id, made);
      views.set(run.id, mark);
    }
    before = rows.get(run.id);
  }
  byId("empty").hidden = runs.length > 0;
  return runs.some(run => !hasEnded(run));
}

async function refreshFirmwares() {
  const { firmwares } = await call("api/firmwares");
  byId("firmwares").replaceChildren(...firmwares.map(firmware =>
    element("option", { value: firmware.name, label: `${firmware.products.join(", ")} ${firmware.version ?? ""} (${firmware.build})` })));
}

byId("start").addEventListener("submit", async event => {
  event.preventDefault();
  try {
    const view = await call("api/diffs", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        old: byId("old").value.trim(), new: byId("new").value.trim(),
        options: { strings: byId("strings").checked, functions: byId("functions").checked },
      }),
    });
    say(`Run ${view.run.id} started.`);
    await refresh();
  } catch (fault) {
    say(fault.message);
  }
});

const json = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };

// Sends a firmware to the storage itself, four blocks at a time. A signature that ended is replaced by a new one; blocks that are there stay.
async function uploadBlocks(path, file, to) {
  const count = Math.max(1, Math.ceil(file.size / to.blockBytes));
  const idOf = index => btoa(String(index).padStart(12, "0"));
  const put = async (query, body) => {
    for (let attempt = 1; ; attempt++) {
      const used = to;
      const answer = await fetch(`${used.address}&${query}`, { method: "PUT", body }).catch(() => null);
      if (answer?.ok) return;
      const again = answer === null || answer.status === 403 || answer.status === 429 || answer.status >= 500;
      if (!again || attempt === 5) throw new Error(`the storage ${answer === null ? "cannot be reached; does it allow this page's origin (CORS)?" : `answers ${answer.status}`}`);
      await new Promise(resolve => setTimeout(resolve, 500 * 2 ** attempt));
      if (answer?.status === 403 && to === used) to = await call(`${path}/upload`, json);
    }
  };
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < count) {
      const index = next++;
      await put(`comp=block&blockid=${encodeURIComponent(idOf(index))}`, file.slice(index * to.blockBytes, (index + 1) * to.blockBytes));
      say(`Uploading ${file.name} … ${Math.floor(100 * ++done / count)} %`);
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  const list = Array.from({ length: count }, (_, index) => `<Latest>${idOf(index)}</Latest>`).join("");
  await put("comp=blocklist", `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`);
  return call(path, json);
}

byId("upload").addEventListener("submit", async event => {
  event.preventDefault();
  const file = byId("file").files[0];
  const path = `api/firmwares/${encodeURIComponent(file.name)}`;
  say(`Uploading ${file.name} …`);
  try {
    const to = await call(`${path}/upload`, json);
    const firmware = to.kind === "Blocks" ? await uploadBlocks(path, file, to) : await call(path, { method: "PUT", body: file });
    say(`${firmware.name} is registered as build ${firmware.build}.`);
    await refreshFirmwares();
  } catch (fault) {
    say(fault.message);
  }
});

async function poll() {
  let busy = false;
  try {
    busy = await refresh();
    if (!busy) await refreshFirmwares();
  } catch (fault) {
    say(fault.message);
  }
  setTimeout(poll, busy ? 400 : 2000);
}

poll();
