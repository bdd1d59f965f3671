// conversation.js: one conversation of the agent's page: its tab, its panel and its writes. It keeps its draft over
// reloads, and never opens a connection: agent.js carries its frames.

import { Thread } from "./link.js";
import { Timeline, composer, el, words } from "./view.js";

/** A tab with its panel. `desk` gives {agent, store, wire, select, changed, removed}. */
export class Conversation {
  constructor(session, desk) {
    this.session = session;
    this.desk = desk;
    this.phase = "offered";
    this.unread = 0;
    this.mine = new Set();
    this.build();
    this.view = new Timeline({
      log: this.$(".log"),
      pending: this.$(".pending"),
      staff: true,
      isMe: (by) => this.mine.has(by),
      onEdit: (entry) => this.takeBack(entry),
    });
    this.thread = new Thread({
      name: `session.${session}`,
      store: desk.store,
      transmit: (frame) => desk.wire.send({ ...frame, session }),
      onEvent: (event) => this.happened(event),
      onOutbox: (entries) => this.view.outbox(entries),
      onSlow: () => desk.wire.check(),
    });
    this.view.outbox(this.thread.outbox);
    this.show();
  }

  $(selector) { return this.panel.querySelector(selector); }

  field(name) { return this.panel.querySelector(`[name="${name}"]`); }

  build() {
    this.panel = document.getElementById("panel").content.firstElementChild.cloneNode(true);
    this.panel.id = `panel-${this.session}`;
    this.panel.hidden = true;
    this.tab = el("button", { type: "button", className: "tab", id: `tab-${this.session}`, onclick: () => this.desk.select(this) });
    this.tab.setAttribute("role", "tab");
    this.tab.setAttribute("aria-controls", this.panel.id);
    this.panel.setAttribute("aria-labelledby", this.tab.id);
    const draft = `session.${this.session}.draft`;
    this.field("text").value = this.desk.store.get(draft) ?? "";
    composer(this.$(".composer"), this.field("text"), {
      onSend: (text) => this.post({ op: "send", text, audience: this.field("audience").value }),
      onTyping: (on) => this.field("audience").value === "all" && this.desk.wire.send({ op: "typing", session: this.session, on }),
      onDraft: (text) => this.desk.store.set(draft, text),
    });
    this.buildWork();
  }

  buildWork() {
    const value = (name) => this.field(name).value.trim();
    this.$(".conclude").addEventListener("submit", (submit) => {
      submit.preventDefault();
      const disposition = value("disposition");
      const note = value("note");
      this.post({ op: "conclude", ...(disposition ? { disposition } : {}), ...(note ? { note } : {}) });
    });
    this.field("add-note").addEventListener("click", () => {
      if (value("note")) this.post({ op: "note", text: value("note") });
      this.field("note").value = "";
    });
    this.$(".transfer").addEventListener("submit", (submit) => {
      submit.preventDefault();
      this.post({ op: "transfer", [value("kind")]: value("target") });
    });
    this.field("leave").addEventListener("click", () => this.post({ op: "leave", then: "keep" }));
    this.field("close-tab").addEventListener("click", () => this.desk.removed(this));
  }

  post(frame) { return this.thread.post(frame); }

  /** Says that we take the offer. Its id is the reservation's, so that a repeat after a reload is the same request. */
  accept(reservation) { this.post({ op: "accept", reservation, id: `accept-${reservation}` }); }

  takeBack(entry) {
    this.thread.settle(entry);
    if (entry.frame.op !== "send") return;
    this.field("text").value = entry.frame.text;
    this.field("text").focus();
  }

  happened(event) {
    const { agent } = this.desk;
    if (event.type === "joined" && event.party.agent === agent) this.mine.add(event.party.party);
    this.view.add(event);
    if (event.type === "joined" && event.party.role === "customer") this.nick = event.party.nick;
    if (event.type === "message") this.typing({ party: event.by, on: false });
    if (event.type === "message" && !this.mine.has(event.by) && this.panel.hidden) this.unread += 1;
    this.follow(event);
    this.show();
  }

  /** Where our own work on the interaction stands. */
  follow(event) {
    const { agent } = this.desk;
    if (event.type === "joined" && event.party.agent === agent) this.phase = "open";
    if (event.type === "assigned" && event.agent === agent) this.phase = "open";
    if (event.type === "closed" && this.phase === "open") this.phase = "wrap-up";
    if (event.type === "concluded" && event.agent === agent) this.phase = "done";
    if (event.type === "left" && this.mine.has(event.party) && event.reason !== "closed" && this.phase === "open") this.phase = "done";
    if (event.type === "stopped") this.phase = "done";
  }

  typing({ party, on, preview }) {
    clearTimeout(this.typingOff);
    this.$(".typing").replaceChildren();
    if (!on || this.mine.has(party)) return;
    this.$(".typing").append(words("b", this.view.nick(party)), preview ? " is typing: " : " is typing…", words("span", preview ?? "", "preview"));
    this.typingOff = setTimeout(() => this.$(".typing").replaceChildren(), 8000);
  }

  show() {
    const name = this.nick ?? "New conversation";
    this.$("h2").textContent = name;
    this.$(".phase").textContent = this.phase;
    this.panel.dataset.phase = this.phase;
    this.tab.replaceChildren(words("span", name), el("span", { className: "phase", textContent: this.phase }));
    if (this.unread) this.tab.append(el("span", { className: "badge", textContent: this.unread, ariaLabel: `${this.unread} unread` }));
    const done = this.phase === "done";
    this.$(".composer").hidden = this.phase !== "open";
    this.$(".conclude").hidden = done;
    for (const name of ["kind", "target"]) this.field(name).closest("label").hidden = this.phase !== "open";
    this.$('.transfer [type="submit"]').hidden = this.phase !== "open";
    this.field("leave").hidden = this.phase !== "open";
    this.field("close-tab").hidden = !done;
    this.desk.changed();
  }

  select(on) {
    this.panel.hidden = !on;
    this.tab.setAttribute("aria-selected", String(on));
    this.tab.tabIndex = on ? 0 : -1;
    if (!on) return;
    this.unread = 0;
    this.show();
    this.view.toEnd();
  }

  end() {
    this.thread.erase();
    this.panel.remove();
    this.tab.remove();
  }
}
