// agent.js: the agent's page: signing in, being ready, taking offers, and the tabs of all conversations over one
// WebSocket. What happens inside a conversation is conversation.js; reconnecting and repeating is link.js.

import { Store, Wire, call, clock, dispatch, uid, untilAnswered } from "./link.js";
import { Conversation } from "./conversation.js";
import { el, words } from "./view.js";

const $ = (id) => document.getElementById(id);
// The token and staff's conversations live as long as the tab; only the device's name outlives it.
const store = new Store("sessionStorage", "holdfast.desk.");
const devices = new Store("localStorage", "holdfast.");

let me = store.get("me");
let wire = null;
let ready = false;
let current = null;
const tabs = new Map();
const offers = new Map();

function device() {
  const name = devices.get("device") ?? `desk-${uid().slice(0, 8)}`;
  devices.set("device", name);
  return name;
}

function line(text, state) {
  $("line").textContent = text;
  $("line").dataset.state = state;
}

function signInPage(trouble = "") {
  $("desk").hidden = $("state").hidden = true;
  $("sign-in").hidden = false;
  $("trouble").textContent = trouble;
  line("", "");
  $("agent").focus();
}

$("sign-in").addEventListener("submit", async (submit) => {
  submit.preventDefault();
  const body = { agent: $("agent").value.trim(), password: $("password").value, device: device() };
  try {
    const made = await call("POST", "v1/sign-in", { body });
    if (store.get("last") !== made.agent) forgetTabs();
    me = { token: made.token, agent: made.agent };
    store.set("me", me);
    store.set("last", me.agent);
    $("password").value = "";
    openDesk();
  } catch (problem) {
    $("trouble").textContent = problem.message;
  }
});

function forgetTabs() {
  for (const tab of [...tabs.values()]) removed(tab);
  store.remove("tabs");
}

function openDesk() {
  $("sign-in").hidden = true;
  $("desk").hidden = $("state").hidden = false;
  $("who").textContent = me.agent;
  for (const session of store.get("tabs") ?? []) conversation(session);
  const chosen = tabs.get(store.get("current")) ?? tabs.values().next().value;
  if (chosen) select(chosen);
  line("Connecting…", "connecting");
  wire = new Wire({
    path: () => "v1/agents/me/ws",
    token: me.token,
    onFrame: frame,
    onUp: connected,
    onDown: () => {
      for (const tab of tabs.values()) tab.thread.down();
      line("Reconnecting…", "reconnecting");
    },
    onEnd: () => leave("You were signed out. Please sign in again; your conversations are kept."),
    onLost: stillSignedIn,
    busy: () => [...tabs.values()].some((tab) => tab.thread.busy),
  });
  wire.start();
}

function connected() {
  line("Connected", "connected");
  for (const tab of tabs.values()) {
    wire.send({ op: "watch", session: tab.session, from: tab.thread.seq });
    tab.thread.up();
  }
}

/** A refused token closes a WebSocket without saying why; a plain request says it. */
async function stillSignedIn(attempt) {
  line("Reconnecting…", "reconnecting");
  if (attempt % 3 !== 0) return true;
  try {
    await call("GET", "v1/agents/me", { token: me.token });
  } catch (problem) {
    if (problem.status !== 401) return true;
    leave("You were signed out. Please sign in again; your conversations are kept.");
    return false;
  }
  return true;
}

function leave(why) {
  wire?.stop();
  wire = me = null;
  store.remove("me");
  for (const offer of [...offers.keys()]) offerEnded(offer);
  for (const tab of tabs.values()) tab.thread.down();
  signInPage(why);
}

function frame(frame) {
  if (frame.offer) return offered(frame.offer);
  if (frame.offer_ended) return offerEnded(frame.offer_ended.reservation);
  if (frame.agent) return agentState(frame.agent);
  const session = frame.session ?? frame.ack?.session ?? frame.refused?.session;
  if (!session) return undefined;
  const tab = tabs.get(session) ?? (frame.event ? conversation(session) : null);
  if (!tab) return undefined;
  if (frame.typing) tab.typing(frame.typing);
  else dispatch(tab.thread, frame);
  if (frame.refused?.id?.startsWith("accept-")) gone(tab);
  return undefined;
}

/** An offer that could not be taken any more leaves no empty tab behind. */
function gone(tab) {
  if (tab.thread.seq === 0 && tab.thread.outbox.every((e) => e.state === "refused")) removed(tab);
}

/** The tab of a session, made when it is first heard of. */
function conversation(session) {
  const known = tabs.get(session);
  if (known) return known;
  const tab = new Conversation(session, { agent: me.agent, store, get wire() { return wire; }, select, changed, removed });
  tabs.set(session, tab);
  $("tabs").append(tab.tab);
  $("panels").append(tab.panel);
  tab.select(false);
  if (wire?.open) tab.thread.up();
  if (!current) select(tab);
  changed();
  return tab;
}

function changed() {
  $("empty").hidden = tabs.size > 0;
  store.set("tabs", [...tabs.keys()]);
}

function select(tab) {
  current = tab;
  store.set("current", tab?.session ?? null);
  for (const other of tabs.values()) other.select(other === tab);
}

function removed(tab) {
  wire?.send({ op: "unwatch", session: tab.session });
  tabs.delete(tab.session);
  tab.end();
  if (current === tab) select(tabs.values().next().value ?? null);
  changed();
}

function offered(offer) {
  offerEnded(offer.reservation);
  const left = el("span", { className: "left" });
  const item = el("li", { className: "offer" },
    words("b", offer.nick ?? "A customer"), words("span", ` ${offer.service ?? offer.queue}`), left,
    el("button", { type: "button", className: "primary", textContent: "Accept", onclick: () => answer(offer, true) }),
    el("button", { type: "button", textContent: "Decline", onclick: () => answer(offer, false) }));
  const tick = () => {
    const seconds = clock.secondsUntil(offer.deadline);
    left.textContent = ` ${seconds} s`;
    // The server says when an offer has ended; a count at zero alone does not take it away for a little while.
    if (seconds === 0) setTimeout(() => offerEnded(offer.reservation), 2000);
  };
  const timer = setInterval(tick, 1000);
  offers.set(offer.reservation, { item, timer });
  tick();
  $("offers").append(item);
  $("offers-title").textContent = `Offers (${offers.size})`;
}

function offerEnded(reservation) {
  const offer = offers.get(reservation);
  if (!offer) return;
  clearInterval(offer.timer);
  offer.item.remove();
  offers.delete(reservation);
  $("offers-title").textContent = offers.size ? `Offers (${offers.size})` : "Offers";
}

function answer({ reservation, session }, yes) {
  offerEnded(reservation);
  if (!yes) {
    wire.send({ op: "decline", session, reservation, id: `decline-${reservation}` });
    return;
  }
  const tab = conversation(session);
  select(tab);
  tab.accept(reservation);
  // The node shows us the session by itself; asking as well costs nothing, since no event is taken twice.
  setTimeout(() => { if (tab.thread.seq === 0) wire?.send({ op: "watch", session, from: 0 }); }, 2000);
}

function agentState({ state, reason, busy, capacity }) {
  ready = state === "ready";
  $("ready").textContent = ready ? "Go not ready" : "Go ready";
  $("ready").setAttribute("aria-pressed", String(ready));
  $("load").textContent = `${ready ? "ready" : `not ready${reason ? `: ${reason}` : ""}`} · ${busy ?? 0} of ${capacity ?? "?"}`;
  $("load").dataset.state = ready ? "connected" : "reconnecting";
}

$("state").addEventListener("submit", async (submit) => {
  submit.preventDefault();
  const reason = $("reason").value;
  const body = ready ? { state: "not_ready", ...(reason ? { reason } : {}) } : { state: "ready" };
  $("ready").disabled = true;
  try {
    await untilAnswered(() => call("POST", "v1/agents/me/state", { token: me.token, body }));
  } catch (problem) {
    line(problem.message, "reconnecting");
  } finally {
    $("ready").disabled = false;
  }
});

$("sign-out").addEventListener("click", async () => {
  await call("POST", "v1/sign-out", { token: me.token, body: {} }).catch(() => null);
  forgetTabs();
  leave("");
});

$("tabs").addEventListener("keydown", ({ key }) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (!step) return;
  const all = [...tabs.values()];
  const next = all[(all.indexOf(current) + step + all.length) % all.length];
  select(next);
  next.tab.focus();
});

if (me) openDesk();
else signInPage();
