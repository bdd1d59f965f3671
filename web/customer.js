// customer.js: the customer's page: asks a name, opens a session on a service, and shows it through reloads and lost
// connections. What is shown in what order comes from view.js, what is repeated and resumed from link.js and poll.js.

import { Store, Thread, call, clock, uid, untilAnswered } from "./link.js";
import { CustomerLink } from "./poll.js";
import { Timeline, composer, words } from "./view.js";

const $ = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const service = asked.get("service") || "support";
const store = new Store("localStorage", "holdfast.");
const visitKey = `visit.${service}`;

/** Who we are to the server: {key, nick, text} while a session is being created, then session, party and token too. */
let visit = store.get(visitKey);
let link = null;
let thread = null;
let view = null;
let unread = 0;

const LINES = { connecting: "Connecting…", connected: "Connected", reconnecting: "Reconnecting…", ended: "Ended" };

function show(id, on) { $(id).hidden = !on; }

function line(state) {
  $("line").textContent = LINES[state];
  $("line").dataset.state = state;
}

function begin() {
  $("title").textContent = asked.get("title") || service[0].toUpperCase() + service.slice(1);
  document.title = `Chat: ${$("title").textContent}`;
  if (!visit) return welcome();
  return visit.session ? open() : create();
}

function welcome(trouble = "") {
  show("chat", false);
  show("welcome", true);
  show("end", false);
  $("line").textContent = "";
  $("trouble").textContent = trouble;
  $("nick").focus();
}

/** The key is stored before it is used, so that a reload in the middle finds the same session and makes no second one. */
async function create() {
  show("welcome", false);
  line("connecting");
  try {
    const { key, nick, text, invitation, invited } = visit;
    const path = invitation ? `v1/sessions/${invited}/join` : "v1/sessions";
    const body = invitation ? { invitation, nick } : { service, nick, ...(text ? { text } : {}) };
    const headers = { "Idempotency-Key": key };
    const made = await untilAnswered(() => call("POST", path, { body, headers }), () => line("reconnecting"));
    remember({ key, nick, ...made });
    open();
    if (invitation && text) thread.post({ op: "send", text });
  } catch (problem) {
    forget();
    welcome(problem.message);
  }
}

function remember(value) {
  visit = value;
  store.set(visitKey, visit);
}

function forget() {
  thread?.erase();
  link?.stop();
  store.remove(visitKey);
  store.remove(`draft.${service}`);
  visit = thread = link = null;
}

function open() {
  const { session, token, party } = visit;
  $("log").replaceChildren();
  view = new Timeline({ log: $("log"), pending: $("pending"), isMe: (by) => by === party, onEdit: takeBack });
  thread = new Thread({
    name: `session.${session}`,
    store,
    transmit: (frame) => link.carry(frame),
    onEvent: (event) => happened(event),
    onOutbox: (entries) => view.outbox(entries),
    onSlow: () => link.wire.check(),
  });
  link = new CustomerLink({ session, token, thread, onTyping: typing, onState: line, onEnd: ended });
  show("welcome", false);
  show("chat", true);
  show("composer", true);
  show("after", false);
  show("end", true);
  $("text").value = store.get(`draft.${service}`) ?? "";
  $("text").focus();
  view.outbox(thread.outbox);
  link.start();
}

function happened(event) {
  view.add(event);
  const role = view.role(event.type === "joined" ? event.party.party : event.by);
  if (event.type === "message") typing({ party: event.by, on: false });
  if (event.type === "queued") queued();
  if (event.type === "joined" && role === "agent") queued(false);
  if (event.type === "idle_alert") idle(event.closes_at);
  if (["message", "notice", "closed"].includes(event.type)) idleOver(event);
  if (event.type === "closed" || (event.type === "left" && event.party === visit.party)) ended("over");
  if (event.by !== visit.party && ["message", "closed"].includes(event.type) && !document.hasFocus()) tellFrame(unread + 1);
}

/** Our place in line is not an event: it is asked for while we wait. That nobody is signed in, or that the queue is full, the
 * flow says in a message. */
let asking = null;
async function queued(waits = true) {
  clearTimeout(asking);
  asking = null;
  show("queue", waits);
  if (!waits || !visit) return;
  const turn = (asking = setTimeout(() => {}, 0));
  const { session, token } = visit;
  const look = await call("GET", `v1/sessions/${session}`, { token }).catch(() => null);
  if (asking !== turn) return;
  if (look) $("queue").textContent = place(look.queue ?? {});
  if (look && look.state !== "online") return;
  asking = setTimeout(queued, 3000 + Math.random() * 1000);
}

function place({ state, position }) {
  const line = position ? `You are number ${position} in line.` : "You are in line.";
  // Out of the line and not served yet: an agent is being asked, or the line is being drawn up again after a takeover.
  if (state === "none") return "One moment, please.";
  return line;
}

/** The idle alert counts down by the server's clock. */
let counting = null;
function idle(closesAt) {
  clearInterval(counting);
  const tick = () => {
    const left = clock.secondsUntil(closesAt);
    $("idle").textContent = left > 0
      ? `Are you still there? This chat will close in ${left} seconds unless you write.`
      : "This chat is being closed.";
  };
  tick();
  show("idle", true);
  counting = setInterval(tick, 1000);
}

function idleOver(event) {
  // The flow's own reminder is a message too, and calms nobody; neither does a new name or having read something.
  if (["nick", "read"].includes(event.kind)) return;
  if (event.type === "message" && !["customer", "agent", "supervisor", "bot"].includes(view.role(event.by))) return;
  clearInterval(counting);
  show("idle", false);
}

let typingOff = null;
function typing({ party, on }) {
  clearTimeout(typingOff);
  if (party === visit?.party) return;
  $("typing").replaceChildren();
  if (!on) return;
  $("typing").append(words("b", view.nick(party)), " is typing…");
  typingOff = setTimeout(() => $("typing").replaceChildren(), 8000);
}

function takeBack(entry) {
  thread.settle(entry);
  $("text").value = entry.frame.text ?? "";
  store.set(`draft.${service}`, $("text").value);
  $("text").focus();
}

/** The session is over, or our token is: what was said stays on the screen. */
function ended(why) {
  queued(false);
  typing({ on: false });
  show("composer", false);
  show("end", false);
  show("after", true);
  if (why === "token") {
    $("log").append(words("li", "This conversation can no longer be reached from here.", "line"));
    link.stop();
  }
  line("ended");
  // What replaced the composer is taller, so the last words would slip out of sight.
  requestAnimationFrame(() => $("log").parentElement.scrollTo(0, $("log").parentElement.scrollHeight));
  clearInterval(counting);
  show("idle", false);
}

/** A framing page may show how much was said while the frame was closed. It learns the number and nothing else. */
function tellFrame(count) {
  unread = count;
  if (window.parent !== window) window.parent.postMessage({ holdfast: "unread", count: unread }, "*");
}

$("welcome").addEventListener("submit", (submit) => {
  submit.preventDefault();
  const hash = new URLSearchParams(location.hash.slice(1));
  const guest = hash.get("invitation") ? { invitation: hash.get("invitation"), invited: hash.get("session") } : {};
  remember({ key: uid(), nick: $("nick").value.trim(), text: $("first").value.trimEnd(), ...guest });
  $("first").value = "";
  create();
});

composer($("composer"), $("text"), {
  onSend: (text) => thread.post({ op: "send", text }),
  onTyping: (on, preview) => thread?.live && link.carry({ op: "typing", on, preview }),
  onDraft: (text) => store.set(`draft.${service}`, text),
});
$("end").addEventListener("click", () => thread.post({ op: "close" }));
$("again").addEventListener("click", () => { forget(); welcome(); });
window.addEventListener("focus", () => tellFrame(0));

begin();
