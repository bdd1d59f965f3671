// link.js: keeps conversations going over connections that die. It reconnects, resumes from the last seq, and repeats
// unanswered writes under the same id, in order. It never renders anything and never decides what a write says.

/** Where the node's API is: next to the folder that this file was served from. */
export const base = new URL("..", import.meta.url);

/** 128 random bits in hexadecimal; works on plain http too, where `crypto.randomUUID` does not exist. */
export function uid() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

/** Milliseconds to wait before attempt n: grows to four seconds, with jitter so that a crowd does not return at once. */
export const backoff = (attempt) => 20 + Math.random() * Math.min(4000, 100 * 2 ** attempt);

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** The server's time, for countdowns on devices whose clock is wrong. Exact to about a second. */
export const clock = {
  skew: 0,
  note(header) {
    const ahead = Date.parse(header) + 500 - Date.now();
    if (!Number.isNaN(ahead)) this.skew = Math.abs(ahead) > 2000 ? ahead : 0;
  },
  secondsUntil(time) {
    return Math.max(0, Math.ceil((Date.parse(time) - Date.now() - this.skew) / 1000));
  },
};

/** Storage that goes on in memory where the browser forbids it (private mode, a frame on a strict site). */
export class Store {
  constructor(area, prefix) {
    this.prefix = prefix;
    try {
      this.area = window[area];
      this.area.getItem("probe");
    } catch {
      const map = new Map();
      this.area = {
        getItem: (k) => map.get(k) ?? null,
        setItem: (k, v) => map.set(k, v),
        removeItem: (k) => map.delete(k),
        key: (i) => [...map.keys()][i] ?? null,
        get length() { return map.size; },
      };
    }
  }

  get(key) {
    try { return JSON.parse(this.area.getItem(this.prefix + key)); } catch { return null; }
  }

  set(key, value) {
    // A full storage only costs the memory of a reload; the page itself goes on.
    try { this.area.setItem(this.prefix + key, JSON.stringify(value)); } catch { /* see above */ }
  }

  remove(key) { this.area.removeItem(this.prefix + key); }

  /** All keys that begin with `start`, without the store's own prefix. */
  keys(start) {
    const all = Array.from({ length: this.area.length }, (_, i) => this.area.key(i) ?? "");
    return all.filter((k) => k.startsWith(this.prefix + start)).map((k) => k.slice(this.prefix.length));
  }
}

/** What the server said instead of yes, or that it said nothing (`status` 0). */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body?.detail || body?.title || (status ? `the server answered ${status}` : "the server cannot be reached"));
    this.status = status;
    this.code = body?.code ?? "";
    this.retry = Number(retryAfter) > 0 ? Number(retryAfter) * 1000 : 0;
  }

  /** Whether the outcome is unknown or the time was wrong, so that the same write may be repeated. */
  get again() { return isAgain(this.status); }
}

const isAgain = (status) => status === 0 || status === 429 || status >= 500;

/** One request. Throws a `Problem` for everything but success. */
export async function call(method, path, { token, body, headers = {}, limit = 10_000 } = {}) {
  let response, text;
  try {
    response = await fetch(new URL(path, base), {
      method,
      headers: {
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(limit),
    });
    text = await response.text();
  } catch {
    throw new Problem(0);
  }
  clock.note(response.headers.get("Date"));
  let data = null;
  try { data = text ? JSON.parse(text) : null; } catch { /* an intermediary's error page */ }
  if (response.ok) return data;
  throw new Problem(response.status, data, response.headers.get("Retry-After"));
}

/** Repeats `ask` until it succeeds or is refused for good. Only for requests that carry an id or change nothing. */
export async function untilAnswered(ask, onWait = () => {}) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await ask();
    } catch (problem) {
      if (!problem.again) throw problem;
      onWait(problem);
      await wait(Math.max(problem.retry, backoff(attempt)));
    }
  }
}

/** A WebSocket that comes back: short connect limits, jitter, and a ping before a silence is believed. */
export class Wire {
  /**
   * `path()` gives the address anew for each attempt; `onLost(attempt)` may return false to end it; `busy()` says whether a
   * write has no answer yet, so that a change of nodes can wait for it.
   */
  constructor({ path, token, onFrame, onUp, onDown, onEnd, onLost = () => true, busy = () => false }) {
    Object.assign(this, { path, token, onFrame, onUp, onDown, onEnd, onLost, busy });
    this.attempt = 0;
    this.heard = 0;
    this.wake = () => { if (document.visibilityState === "visible") this.check(); };
  }

  start() {
    window.addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
    this.beat = setInterval(() => { if (this.open && Date.now() - this.heard > 25_000) this.check(); }, 5000);
    this.connect();
  }

  stop() {
    window.removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    clearInterval(this.beat);
    clearTimeout(this.again);
    this.ended = true;
    this.forget();
  }

  get open() { return this.socket?.readyState === WebSocket.OPEN && this.greeted; }

  connect() {
    clearTimeout(this.again);
    this.again = null;
    const url = new URL(this.path(), base);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url, ["holdfast.v1", `bearer.${this.token}`]);
    this.socket = socket;
    this.greeted = false;
    // One second finds a dead node fast; a slow network gets more after it has failed twice.
    const patience = Math.min(8000, 1000 * 2 ** Math.max(0, this.attempt - 1));
    this.limit = setTimeout(() => this.drop(), patience);
    socket.onopen = () => this.up();
    socket.onmessage = ({ data }) => {
      this.heard = Date.now();
      const frame = JSON.parse(data);
      if (frame.resume) this.move(socket, Date.now() + frame.resume.within_ms / 2);
      else this.onFrame(frame);
    };
    socket.onclose = ({ code }) => this.drop(code);
  }

  /** The node is about to stop: another one goes on, as soon as nothing is unanswered here. */
  move(socket, until) {
    if (this.socket !== socket) return;
    if (this.busy() && Date.now() < until) {
      setTimeout(() => this.move(socket, until), 20);
      return;
    }
    this.forget();
    this.onDown();
    this.connect();
  }

  up() {
    clearTimeout(this.limit);
    this.attempt = 0;
    this.heard = Date.now();
    this.greeted = true;
    this.onUp();
  }

  send(frame) {
    if (!this.open) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Asks a silent connection for a sign of life, and gives it two seconds. */
  check() {
    if (this.again) return this.connect();
    if (!this.open) return undefined;
    const asked = Date.now();
    const socket = this.socket;
    this.send({ op: "ping" });
    setTimeout(() => { if (this.socket === socket && this.heard < asked) this.drop(); }, 2000);
    return undefined;
  }

  forget() {
    clearTimeout(this.limit);
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  async drop(code) {
    const wasUp = this.greeted;
    this.forget();
    this.greeted = false;
    if (wasUp) this.onDown();
    if (code === 4001 || code === 4002) {
      this.stop();
      return this.onEnd(code);
    }
    this.attempt += 1;
    // The first attempt after a loss is nearly immediate: most losses are one dead node behind a balancer.
    const pause = this.onLost(this.attempt);
    if ((await pause) === false || this.ended || this.socket || this.again) return undefined;
    this.again = setTimeout(() => this.connect(), backoff(this.attempt));
    return undefined;
  }
}

let lastStamp = 0;
const stamp = () => (lastStamp = Math.max(lastStamp + 1, Date.now() * 1000));

/**
 * One session as this page knows it: which events were shown, and which writes are not answered yet. One write is in
 * flight at a time, so that a write that must wait is not overtaken by the next.
 */
export class Thread {
  constructor({ name, store, transmit, onEvent, onOutbox, onSlow = () => {} }) {
    Object.assign(this, { name, store, transmit, onEvent, onOutbox, onSlow });
    this.seq = 0;
    // An earlier life of the page knew this much; a write sent before the catch-up must not pretend to know less or more.
    this.known = store.get(`${name}.seq`) ?? 0;
    this.outbox = store.keys(`${name}.out.`).map((key) => store.get(key)).filter(Boolean);
    this.outbox.sort((a, b) => a.n - b.n);
    this.live = false;
    this.flying = null;
  }

  /** Gives an event to the page unless it had it before. */
  accept(event) {
    if (event.seq <= this.seq) return;
    this.seq = event.seq;
    if (this.seq > this.known) {
      this.known = this.seq;
      this.store.set(`${this.name}.seq`, this.known);
    }
    const mine = this.outbox.find((e) => e.seq === event.seq || (event.id && e.frame.id === event.id));
    this.onEvent(event);
    if (mine) this.settle(mine);
  }

  /** Queues a write, remembers it over a reload, and sends it when its turn comes. */
  post(frame) {
    const full = { ...frame, id: frame.id ?? uid() };
    if (frame.op === "send" || frame.op === "notice") full.after = this.known;
    const entry = { n: stamp(), at: new Date().toISOString(), frame: full, state: "sending" };
    this.outbox.push(entry);
    this.store.set(`${this.name}.out.${entry.n}`, entry);
    this.changed();
    return full.id;
  }

  /** The connection is there (again): unanswered writes go out in their order. */
  up() {
    this.live = true;
    this.pump();
  }

  /** Whether a write was sent that has no answer yet. */
  get busy() { return this.live && this.flying !== null; }

  down() {
    this.live = false;
    this.flying = null;
    clearInterval(this.slow);
  }

  pump() {
    if (!this.live || this.flying) return;
    const entry = this.outbox.find((e) => e.state === "sending");
    if (!entry) return;
    this.flying = entry.frame.id;
    clearInterval(this.slow);
    this.slow = setInterval(() => this.onSlow(), 3000);
    this.transmit(entry.frame);
  }

  landed(id) {
    if (this.flying !== id) return;
    this.flying = null;
    clearInterval(this.slow);
  }

  /** The server answered yes: the write is stored. Its event may come before or after this. */
  answered({ id, seq }) {
    this.landed(id);
    const entry = this.outbox.find((e) => e.frame.id === id);
    if (entry) {
      entry.state = "sent";
      entry.seq = seq;
      this.store.remove(`${this.name}.out.${entry.n}`);
      // Writes without an event of their own, and events that were shown already, are done.
      const shows = entry.frame.op === "send";
      if (!shows || (seq && seq <= this.seq)) this.settle(entry);
    }
    this.changed();
  }

  /** The server answered no, or "unknown": then the same write is repeated a little later. */
  refused({ id, status, code, detail, title, retry_ms: later = 0 }) {
    this.landed(id);
    const entry = this.outbox.find((e) => e.frame.id === id);
    if (!entry || entry.state === "sent") return this.changed();
    if (isAgain(status) || code === "unknown") {
      setTimeout(() => this.pump(), Math.max(later, 500 + Math.random() * 500));
      return undefined;
    }
    entry.state = "refused";
    entry.reason = detail || title || code;
    this.store.remove(`${this.name}.out.${entry.n}`);
    return this.changed();
  }

  /** Takes an entry out of the outbox: its event is shown, or the person has seen its refusal. */
  settle(entry) {
    this.landed(entry.frame.id);
    this.store.remove(`${this.name}.out.${entry.n}`);
    this.outbox = this.outbox.filter((e) => e !== entry);
    this.changed();
  }

  changed() {
    this.onOutbox(this.outbox);
    this.pump();
  }

  /** Ends the thread and forgets what the browser kept of it. */
  erase() {
    this.down();
    for (const key of this.store.keys(`${this.name}.`)) this.store.remove(key);
  }
}

/** Hands one server frame to a thread; true if it was the thread's. */
export function dispatch(thread, frame) {
  if (frame.event) thread.accept(frame.event);
  else if (frame.ack) thread.answered(frame.ack);
  else if (frame.refused) thread.refused(frame.refused);
  else return false;
  return true;
}
