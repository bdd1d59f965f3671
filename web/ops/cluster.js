// cluster.js: shows /cluster.json and asks for it again every two seconds, with the token that somebody typed. It changes
// nothing, keeps the token in this tab only, and never renders HTML from an answer.

const EVERY_MS = 2_000;
const WAIT_MS = 5_000;
const COLOURS = 8;
const KEPT = "holdfast-admin";
const PHASES = {
  deposed: "found to be gone, until the map shows new owners",
  fenced: "until the fences are stored",
  read: "until the lists of its sessions are read",
  acknowledged: "until the first acknowledgement",
};

const at = (id) => document.getElementById(id);
/** The first epoch of each shard that this page saw. */
const first = new Map();
/** Owners in the order of their names keep their colours. */
const colours = new Map();

function el(name, text = "", ...children) {
  const node = document.createElement(name);
  if (text !== "") node.textContent = text;
  node.append(...children.filter(Boolean));
  return node;
}

function tagged(node, classes) {
  node.className = classes;
  return node;
}

function paint(node, colour) {
  if (colour) node.style.setProperty("--colour", `var(${colour})`);
  return node;
}

function colourOf(owner) {
  if (owner === null || owner === undefined) return "--nobody";
  if (!colours.has(owner)) colours.set(owner, `--owner-${colours.size % COLOURS}`);
  return colours.get(owner);
}

const swatch = (colour) => paint(tagged(el("span"), "swatch"), colour);
const spaced = (word) => word.replaceAll("_", " ");
const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

function ago(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

function cell(text, number = false) {
  return tagged(el("td", String(text)), number ? "number" : "");
}

function roleOf(node) {
  if (node.votes) return node.leads ? "leads" : "votes";
  return node.learns ? "learns" : "–";
}

function stateOf(node) {
  const state = tagged(el("span", node.state), "tag");
  state.dataset.state = node.state;
  return el("td", "", state, node.ended ? el("small", spaced(node.ended)) : null);
}

function linkOf(node, report) {
  if (node.link) return spaced(node.link);
  return node.name === report.node ? "this node" : "–";
}

function nodeRow(node, report) {
  const name = el("td", "", swatch(node.shards > 0 ? colourOf(node.name) : null), node.name);
  return el("tr", "", name, stateOf(node), cell(roleOf(node)), cell(node.shards, true), cell(node.incarnation, true),
    cell(node.zone || "–"), cell(linkOf(node, report)), cell(node.lag ?? "–", true), cell(node.level, true), cell(node.peer || "–"));
}

function showNodes(report) {
  const heads = [["node"], ["state"], ["role"], ["shards", 1], ["life", 1], ["zone"], ["link"], ["lag", 1], ["level", 1], ["peer"]];
  const head = el("tr", "", ...heads.map(([text, number]) => tagged(el("th", text), number ? "number" : "")));
  const rows = report.nodes.map((node) => nodeRow(node, report));
  at("nodes").replaceChildren(el("thead", "", head), el("tbody", "", ...rows));
}

function showRaft(report) {
  const { raft } = report;
  const behind = raft.last_log - raft.applied;
  const parts = [
    raft.leader ? `${raft.leader} leads in term ${raft.term}` : null,
    `generation ${report.generation}, level ${report.level}`,
    report.edges ? `edges connected here: ${report.edges}` : null,
    `the map stands at entry ${raft.applied}${behind > 0 ? `, ${behind} behind the log` : ""}`,
    raft.quorum_silent_ms === null ? null : `a majority answered ${raft.quorum_silent_ms} ms ago`,
  ];
  const line = el("span", parts.filter(Boolean).join(" · "));
  const nobody = raft.leader ? null : tagged(el("span", "Nobody leads. "), "bad");
  const failed = raft.failed && tagged(el("span", `This node has left the agreement: ${raft.failed} `), "bad");
  at("raft").replaceChildren(...[failed, nobody, line].filter(Boolean));
}

function shardCell(shard) {
  if (!first.has(shard.shard)) first.set(shard.shard, shard.epoch);
  const moved = first.get(shard.shard) !== shard.epoch;
  const node = tagged(el("div", shard.epoch.split(".")[1] ?? shard.epoch), moved ? "shard moved" : "shard");
  node.setAttribute("role", "listitem");
  node.title = `shard ${shard.shard}: ${shard.owner ?? "no owner"}, epoch ${shard.epoch}`;
  node.setAttribute("aria-label", node.title);
  return paint(node, colourOf(shard.owner));
}

function showShards(report) {
  const counts = new Map();
  for (const { owner } of report.shards) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  const owners = [...counts].sort(([a], [b]) => (a === null) - (b === null) || String(a).localeCompare(String(b)));
  const lines = owners.map(([owner, count]) => {
    const text = tagged(el("span", `${owner ?? "no owner"}: ${count}`), owner === null ? "bad" : "");
    return el("li", "", swatch(colourOf(owner)), text);
  });
  at("legend").replaceChildren(...lines);
  at("shards").replaceChildren(...report.shards.map(shardCell));
}

function said(takeover) {
  const sessions = many(takeover.sessions, "session");
  if (takeover.what === "hand_over") {
    return `${takeover.node} gave ${many(takeover.gained, "shard")} to this node, with ${sessions}`;
  }
  const why = takeover.why ? ` (${spaced(takeover.why)})` : "";
  if (takeover.shards === 0) return `${takeover.node} was deposed${why}; it had no shards`;
  const all = many(takeover.shards, "shard");
  return `${takeover.node} was deposed${why}: ${takeover.gained} of its ${all} came to this node, with ${sessions}`;
}

function bar(takeover, longest) {
  let before = 0;
  const parts = takeover.phases.map(({ phase, ms }) => {
    const part = paint(el("span"), `--phase-${phase}`);
    part.style.width = `${(100 * Math.max(0, ms - before)) / longest}%`;
    part.title = `${phase} after ${ms} ms`;
    before = Math.max(before, ms);
    return part;
  });
  const node = tagged(el("div", "", ...parts), "bar");
  node.setAttribute("aria-hidden", "true");
  return node;
}

const lasted = (takeover) => Math.max(0, ...takeover.phases.map(({ ms }) => ms));

function takeoverItem(takeover, report, longest) {
  const when = tagged(el("time", ago(report.at - takeover.at)), "when");
  when.dateTime = new Date(takeover.at).toISOString();
  when.title = new Date(takeover.at).toLocaleString();
  const times = takeover.phases.map(({ phase, ms }) => `${phase} ${ms} ms`).join(" · ");
  const idle = takeover.gained > 0 && !takeover.phases.some(({ phase }) => phase === "acknowledged");
  const note = idle ? `${times ? `${times} · ` : ""}nobody has sent since` : times;
  const shown = lasted(takeover) > 0 ? [bar(takeover, longest), tagged(el("div", note), "times")] : [];
  return el("li", "", el("p", "", el("span", said(takeover)), when), ...shown);
}

/** The time that a full bar stands for. The wait for somebody who sends may be long and would flatten everything else. */
function scaleOf(takeovers) {
  const steady = ({ phases }) => Math.max(0, ...phases.filter(({ phase }) => phase !== "acknowledged").map(({ ms }) => ms));
  return Math.max(1, ...takeovers.map((takeover) => Math.min(lasted(takeover), 4 * steady(takeover) || lasted(takeover))));
}

function showTakeovers(report) {
  const newest = report.takeovers.toReversed().slice(0, 16);
  // A hand-over takes its time, because nobody waits for it: it has a scale of its own.
  const scales = Object.fromEntries(["takeover", "hand_over"].map((what) => [what, scaleOf(newest.filter((one) => one.what === what))]));
  const items = newest.map((takeover) => takeoverItem(takeover, report, scales[takeover.what] ?? 1));
  const none = el("li", "This node has seen none since it started.");
  at("takeovers").replaceChildren(...(items.length ? items : [none]));
  const legend = Object.entries(PHASES).map(([phase, text]) => el("li", "", swatch(`--phase-${phase}`), `${phase}: ${text}`));
  at("phases").replaceChildren(...(items.length ? legend : []));
}

function show(report) {
  at("asked").textContent = `as ${report.node} sees it, release ${report.release}`;
  document.title = `Cluster · ${report.node}`;
  for (const node of report.nodes) colourOf(node.name);
  showNodes(report);
  showRaft(report);
  showShards(report);
  showTakeovers(report);
}

function state(name, text) {
  at("state").dataset.state = name;
  at("state").textContent = text;
}

function askForToken(refusal) {
  sessionStorage.removeItem(KEPT);
  at("enter").hidden = false;
  at("view").hidden = true;
  at("leave").hidden = true;
  at("refusal").hidden = !refusal;
  at("refusal").textContent = refusal;
  state("", "");
  at("token").focus();
}

/** Asks once; whether to ask again. */
async function look() {
  const token = sessionStorage.getItem(KEPT);
  if (!token) {
    askForToken("");
    return false;
  }
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch("cluster.json", { headers, cache: "no-store", signal: AbortSignal.timeout(WAIT_MS) });
  if (answer.ok) {
    show(await answer.json());
    at("enter").hidden = true;
    at("view").hidden = false;
    at("leave").hidden = false;
    at("view").classList.remove("stale");
    state("connected", "live");
    return true;
  }
  const problem = await answer.json().catch(() => ({}));
  if (answer.status >= 500) throw new Error(problem.detail ?? `status ${answer.status}`);
  askForToken(problem.detail ?? `status ${answer.status}`);
  return false;
}

let asking = false;

async function keepLooking() {
  if (asking) return;
  asking = true;
  let again = true;
  while (again) {
    try {
      again = await look();
    } catch (error) {
      at("view").classList.add("stale");
      state("reconnecting", `no answer: ${error.message}`);
    }
    if (again) await new Promise((done) => setTimeout(done, EVERY_MS));
  }
  asking = false;
}

at("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEPT, at("token").value.trim());
  at("token").value = "";
  keepLooking();
});
at("leave").addEventListener("click", () => askForToken(""));
keepLooking();
