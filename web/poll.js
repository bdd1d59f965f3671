// poll.js: a customer's line to one session: WebSocket first, long poll where a proxy breaks WebSockets. It never
// renders anything; ordering and repeating are the Thread's, this file only carries.

import { Wire, backoff, call, dispatch } from "./link.js";

const ROUTES = { send: "messages", notice: "notices", typing: "typing", data: "data", leave: "leave", close: "close" };

/** Connects `thread` to its session and keeps it connected until `stop` or the end of the session. */
export class CustomerLink {
  constructor({ session, token, thread, onTyping, onState, onEnd }) {
    Object.assign(this, { session, token, thread, onTyping, onState, onEnd });
    this.path = `v1/sessions/${session}`;
    this.polling = false;
    this.wire = new Wire({
      path: () => `${this.path}/ws?from=${thread.seq}`,
      token,
      onFrame: (frame) => this.frame(frame),
      onUp: () => { this.polling = false; this.onState("connected"); thread.up(); },
      onDown: () => { thread.down(); this.onState("reconnecting"); },
      onEnd: (code) => this.onEnd(code === 4001 ? "token" : "over"),
      onLost: (attempt) => this.lost(attempt),
      busy: () => thread.busy,
    });
  }

  start() {
    this.onState("connecting");
    this.wire.start();
  }

  stop() {
    this.ended = true;
    this.polling = false;
    this.wire.stop();
    this.thread.down();
  }

  /** Carries a thread's write, or a typing sign, which nobody repeats. */
  carry(frame) {
    if (this.polling) this.post(frame);
    else this.wire.send(frame);
  }

  frame(frame) {
    if (frame.typing) this.onTyping(frame.typing);
    else dispatch(this.thread, frame);
  }

  /** After a third failed attempt: is it only the WebSocket that fails, or is the session over for this token? */
  async lost(attempt) {
    // While the long poll carries us, a WebSocket that fails once more is no news, and is tried again seldom.
    if (this.polling) return new Promise((done) => setTimeout(done, 30_000));
    this.onState("reconnecting");
    if (attempt < 3 || attempt % 3 !== 0) return true;
    try {
      await this.fetch(0);
    } catch (problem) {
      return !this.refusedForGood(problem);
    }
    this.poll();
    return true;
  }

  refusedForGood(problem) {
    if (![401, 403, 404, 410].includes(problem.status)) return false;
    this.stop();
    this.onEnd(problem.status === 410 ? "over" : "token");
    return true;
  }

  async fetch(seconds) {
    const { thread, token } = this;
    const path = `${this.path}/events?from=${thread.seq}&wait=${seconds}&limit=500`;
    const page = await call("GET", path, { token, limit: (seconds + 10) * 1000 });
    for (const event of page.events) thread.accept(event);
    return page;
  }

  /** Long poll until a WebSocket opens after all; the wire goes on trying beside it, seldom. */
  async poll() {
    this.polling = true;
    this.onState("connected");
    this.thread.up();
    for (let attempt = 0; this.polling && !this.ended;) {
      try {
        await this.fetch(20);
        attempt = 0;
      } catch (problem) {
        if (this.refusedForGood(problem)) return;
        attempt += 1;
        this.onState("reconnecting");
        await new Promise((done) => setTimeout(done, backoff(attempt)));
      }
      if (attempt === 0 && this.polling) this.onState("connected");
    }
  }

  async post(frame) {
    const { op, id, ...rest } = frame;
    const body = op === "typing" ? rest : { id, ...rest };
    try {
      const answer = await call("POST", `${this.path}/${ROUTES[op]}`, { token: this.token, body });
      if (id) this.thread.answered({ id, ...answer });
    } catch (problem) {
      if (!id) return;
      const { status, code, message, retry } = problem;
      this.thread.refused({ id, status, code, detail: message, retry_ms: retry });
    }
  }
}
