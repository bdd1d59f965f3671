// view.js: draws one conversation: events in the order of their seq, then what is not answered yet. It takes text as
// text only (never as HTML), and it never talks to the server.

/** Makes an element: `el("p", { className: "x" }, "text", child)`. */
export function el(tag, props = {}, ...children) {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

/** Text of unknown script and direction, in an element of its own. */
export const words = (tag, text, className = "") => el(tag, { className, dir: "auto", textContent: text });

const clockOf = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

const CLOSED = {
  asked: "The chat was ended.",
  after_leave: "The chat has ended.",
  empty: "The chat has ended because nobody was left in it.",
  longest_wait: "The chat has ended: no agent became free in time.",
  idle: "The chat has ended because nobody wrote for a while.",
  flow: "The chat has ended.",
};

/** The log of one session. `staff` shows what only staff may know; the server has already left out the rest. */
export class Timeline {
  constructor({ log, pending, staff = false, isMe, onEdit }) {
    Object.assign(this, { log, pending, staff, isMe, onEdit });
    this.parties = new Map();
    this.scroller = log.parentElement;
  }

  nick(party) { return this.parties.get(party)?.nick || "Someone"; }

  role(party) { return this.parties.get(party)?.role; }

  /** Draws one event. Events come once each, in order: the Thread sees to that. */
  add(event) {
    this.busy();
    const atEnd = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 80;
    if (event.type === "joined") this.parties.set(event.party.party, event.party);
    const node = event.type === "message" ? this.message(event) : this.line(event);
    if (event.type === "notice" && event.kind === "nick") this.rename(event);
    if (!node) return;
    node.dataset.seq = event.seq;
    this.log.append(node);
    if (atEnd) this.toEnd();
  }

  rename(event) {
    const party = this.parties.get(event.by);
    if (party) party.nick = event.nick;
  }

  /** A screen reader is not to read the whole past aloud after a reload: it hears what comes after a short quiet. */
  busy() {
    this.log.setAttribute("aria-busy", "true");
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.log.setAttribute("aria-busy", "false"), 250);
  }

  toEnd() { this.scroller.scrollTop = this.scroller.scrollHeight; }

  message(event) {
    const mine = this.isMe(event.by);
    const who = event.by === undefined ? "" : this.nick(event.by);
    const side = mine ? "mine" : `theirs ${this.role(event.by) ?? "system"}`;
    const whisper = event.audience === "all" ? "" : " whisper";
    const head = el("span", { className: "who" },
      words("b", mine ? "You" : who),
      whisper ? el("i", { textContent: ` to ${this.audience(event.audience)} only` }) : null,
      el("time", { dateTime: event.at, textContent: clockOf(event.at) }));
    const node = el("li", { className: `message ${side}${whisper}` }, head, words("p", event.text, "text"));
    if (event.id) node.dataset.id = event.id;
    return node;
  }

  audience(audience) {
    return typeof audience === "object" ? this.nick(audience.only) : audience;
  }

  line(event) {
    const node = this.describe(event);
    if (!node) return null;
    const staffOnly = event.audience && event.audience !== "all" ? " staff-only" : "";
    const item = el("li", { className: `line ${event.type}${staffOnly}` });
    item.append(...(Array.isArray(node) ? node : [node]));
    return item;
  }

  /** One line for each kind of event that a person should know of; null for the others. */
  describe(e) {
    const name = (party) => words("b", this.isMe(party) ? "You" : this.nick(party));
    const has = (party) => (this.isMe(party) ? " have " : " has ");
    switch (e.type) {
      case "joined": return this.role(e.party.party) === "flow" ? null : [name(e.party.party), `${has(e.party.party)}joined.`];
      case "left": return this.role(e.party) === "flow" || e.reason === "closed" ? null : [name(e.party), `${has(e.party)}left.`];
      case "away": return [name(e.party), this.isMe(e.party) ? " lost the connection." : " is away."];
      case "back": return [name(e.party), this.isMe(e.party) ? " are back." : " is back."];
      case "closed": return CLOSED[e.why] ?? "The chat has ended.";
      case "notice": return this.notice(e, name(e.by));
      default: return this.staff ? this.describeForStaff(e) : null;
    }
  }

  describeForStaff(e) {
    switch (e.type) {
      case "queued": return ["Waiting in queue ", words("b", e.queue), "."];
      case "offered": return ["Offered to ", words("b", e.agent), "."];
      case "offer_ended": return `Offer ended: ${String(e.why).replaceAll("_", " ")}.`;
      case "assigned": return ["Assigned to ", words("b", e.agent), "."];
      case "concluded": return [words("b", e.agent), " has concluded."];
      case "transferred": return ["Transferred to ", words("b", e.to?.agent ?? e.to?.queue ?? String(e.to)), "."];
      case "disposition": return ["Filed as ", words("b", e.code), "."];
      case "note": return ["Note: ", words("q", e.text)];
      case "data": return [`Data changed: `, words("span", Object.entries(e.set ?? {}).map(([k, v]) => `${k} = ${v}`).join(", "))];
      case "idle_alert": return "Nobody has written for a while; the chat will be closed soon.";
      case "stopped": return "The interaction is over.";
      default: return null;
    }
  }

  notice(e, who) {
    if (e.kind === "url") return [who, " shared ", link(e.url)];
    if (e.kind === "file") return [who, " sent the file ", words("b", e.name), ` (${Math.ceil(e.bytes / 1024)} KiB).`];
    if (e.kind === "nick") return [who, " is now called ", words("b", e.nick), "."];
    return null;
  }

  /** Draws the writes that are on their way or were refused, below everything that is certain. */
  outbox(entries) {
    const texts = entries.filter((e) => e.frame.op === "send" || e.state === "refused");
    this.pending.replaceChildren(...texts.map((entry) => this.unsent(entry)));
    this.toEnd();
  }

  unsent(entry) {
    const refused = entry.state === "refused";
    const state = refused ? `refused: ${entry.reason}` : entry.state;
    const node = el("li", { className: `message mine ${entry.state}` },
      words("p", entry.frame.text ?? entry.frame.op, "text"),
      el("span", { className: "state", textContent: state }));
    node.dataset.id = entry.frame.id;
    if (refused) {
      node.setAttribute("role", "alert");
      node.append(el("button", { type: "button", textContent: "Take back", onclick: () => this.onEdit(entry) }));
    }
    return node;
  }
}

/** A link that a person may follow; anything but http and https stays plain text. */
export function link(url) {
  if (!/^https?:\/\//i.test(url)) return words("span", url);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow", dir: "auto", textContent: url });
}

/** Enter sends, Shift+Enter breaks the line, and an input method that is composing keeps its Enter. */
export function composer(form, box, { onSend, onTyping, onDraft }) {
  let last = 0;
  let off = null;
  let later = null;
  const tell = (on) => {
    clearTimeout(later);
    last = on ? Date.now() : 0;
    onTyping(on, on ? box.value : undefined);
  };
  // At most one sign a second, and always the newest text in the end.
  const typing = (on) => {
    clearTimeout(off);
    clearTimeout(later);
    if (!on) return tell(false);
    off = setTimeout(() => tell(false), 5000);
    later = setTimeout(() => tell(true), Math.max(0, last + 1000 - Date.now()));
    return undefined;
  };
  const send = () => {
    const text = box.value.trimEnd();
    if (!text) return;
    box.value = "";
    onDraft("");
    typing(false);
    onSend(text);
  };
  box.addEventListener("input", () => { onDraft(box.value); typing(box.value !== ""); });
  box.addEventListener("keydown", (key) => {
    if (key.key !== "Enter" || key.shiftKey || key.isComposing) return;
    key.preventDefault();
    send();
  });
  form.addEventListener("submit", (submit) => { submit.preventDefault(); send(); });
}
