// pages.mjs: drives the two pages as a person would: by labels, buttons and the keyboard. It never calls the API and
// never reads a page's variables.

import { until } from "./node.mjs";

const PATIENCE = 15_000;

/** What both pages have in common: a log of messages and a box to write in. */
class ChatPage {
  constructor(page, name) {
    this.page = page;
    this.name = name;
    this.errors = [];
    page.setDefaultTimeout(PATIENCE);
    page.on("pageerror", (error) => this.errors.push(`${name}: ${error}`));
    // Refused connections while the node is dead are reported as console errors; those are what the test is about.
    page.on("console", (line) => {
      if (line.type() === "error" && !/ERR_|WebSocket|Failed to load resource/.test(line.text())) this.errors.push(`${name}: ${line.text()}`);
    });
  }

  /** The messages that are certain, in the order in which the page shows them. */
  messages() {
    return this.log().locator(".message").evaluateAll((nodes) => nodes.map((n) => ({
      seq: Number(n.dataset.seq),
      text: n.querySelector(".text").textContent,
      whisper: n.classList.contains("whisper"),
    })));
  }

  async pending() {
    return this.panel().locator(".pending .message").allTextContents();
  }

  async sees(text) {
    await until(`${this.name} sees "${text}"`, PATIENCE, async () => (await this.messages()).some((m) => m.text === text));
  }

  async say(text) {
    await this.write(text);
    await this.page.keyboard.press("Enter");
  }

  async write(text) {
    await this.box().focus();
    await this.page.keyboard.insertText(text);
  }

  draft() { return this.box().inputValue(); }

  async connected() {
    await this.page.locator('#line[data-state="connected"]').waitFor();
  }

  async reload() {
    await this.page.reload();
    await this.connected();
  }
}

export class Customer extends ChatPage {
  panel() { return this.page.locator("#chat"); }

  log() { return this.page.locator("#log"); }

  box() { return this.page.getByLabel("Message", { exact: true }); }

  async begin(url, nick, question) {
    await this.page.goto(`${url}/chat?service=support`);
    await this.page.getByLabel("Your name").fill(nick);
    await this.page.getByLabel("Your question").fill(question);
    await this.page.getByRole("button", { name: "Start chat" }).click();
    await this.connected();
  }

  /** Told by the line below the log or by the flow in the log: either is being told. */
  async isTold(pattern) {
    await until(`${this.name} is told ${pattern}`, PATIENCE, async () => {
      const banner = await this.page.locator("#queue").textContent();
      return pattern.test(banner) || (await this.messages()).some((m) => pattern.test(m.text));
    });
  }

  end() { return this.page.getByRole("button", { name: "End chat" }).click(); }
}

export class Agent extends ChatPage {
  panel() { return this.page.locator(".panel:not([hidden])"); }

  log() { return this.panel().locator(".log:not(.pending)"); }

  box() { return this.panel().locator('textarea[name="text"]'); }

  async signIn(url, agent, password) {
    await this.page.goto(url);
    await this.page.getByLabel("Name").fill(agent);
    await this.page.getByLabel("Password").fill(password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await this.connected();
    await this.page.getByRole("button", { name: "Go ready" }).click();
    await this.page.getByRole("button", { name: "Go not ready" }).waitFor();
  }

  async accept() {
    await this.page.getByRole("button", { name: "Accept" }).click();
    await this.phase("open");
  }

  phase(phase) {
    return this.page.locator(`.panel:not([hidden])[data-phase="${phase}"]`).waitFor();
  }

  async whisper(text) {
    await this.panel().locator('[name="audience"]').selectOption("staff");
    await this.say(text);
    await this.panel().locator('[name="audience"]').selectOption("all");
  }

  async seesTyping(text) {
    await this.panel().locator(".preview", { hasText: text }).waitFor();
  }

  async conclude(disposition, note) {
    await this.panel().getByLabel("Disposition").fill(disposition);
    await this.panel().getByLabel("Note").fill(note);
    await this.panel().getByRole("button", { name: "Conclude" }).click();
    await this.phase("done");
  }
}
