// chat.mjs BINARY: two Chromium pages hold a conversation through a reload of each and a SIGKILL and restart of the node
// in mid-sentence. Both must show every message exactly once, in the same order. The exit code tells.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { embed } from "./embed.mjs";
import { Node, until } from "./node.mjs";
import { Agent, Customer } from "./pages.mjs";

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), "../..");
const PICTURES = path.join(ROOT, "target/browser");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

const said = [];
const step = (text) => console.log(`browser: ${text}`);

/** One says it, both see it. */
async function exchange(from, to, text) {
  said.push(text);
  await from.say(text);
  await from.sees(text);
  await to.sees(text);
}

async function talk(customer, agent) {
  await exchange(agent, customer, "Good morning, Maria. How can I help?");
  await exchange(customer, agent, "My parcel 4711 has not arrived.");
  await exchange(customer, agent, "مرحبا، أين طردي؟ — שלום — 日本語 — नमस्ते");
  await exchange(agent, customer, "A family 👨‍👩‍👧‍👦, a flag 🏳️‍🌈 and <b>no markup</b> &amp; no script");
  await exchange(customer, agent, "two\nlines");
}

async function whisper(customer, agent) {
  await agent.whisper("Her parcel is at the depot.");
  await agent.sees("Her parcel is at the depot.");
  const leaked = (await customer.messages()).filter((m) => m.text.includes("depot"));
  assert.deepEqual(leaked, [], "a message to staff reached the customer");
}

async function reloads(customer, agent) {
  await customer.write("a sentence that outlives");
  await customer.reload();
  assert.equal(await customer.draft(), "a sentence that outlives", "the customer's draft was lost by the reload");
  said.push("a sentence that outlives a reload");
  await customer.say(" a reload");
  await agent.sees("a sentence that outlives a reload");
  await agent.write("So does");
  await agent.reload();
  assert.equal(await agent.draft(), "So does", "the agent's draft was lost by the reload");
  said.push("So does mine");
  await agent.say(" mine");
  await customer.sees("So does mine");
}

/** Both have just sent something and are half way through the next sentence when the node dies. */
async function killInMidSentence(node, customer, agent) {
  said.push("sent in the moment of the kill");
  await customer.say("sent in the moment of the kill");
  const killed = node.kill();
  await customer.write("I was just");
  await killed;
  said.push("said to a dead node");
  await agent.say("said to a dead node");
  await agent.write("Let me");
  await until("the agent's page shows the message as on its way", 5000, async () => (await agent.pending()).join().includes("said to a dead node"));
  assert.ok((await agent.pending()).join().includes("sending"));
  await node.start();
  await customer.connected();
  await agent.connected();
  assert.equal(await customer.draft(), "I was just", "the customer's draft was lost by the kill");
  assert.equal(await agent.draft(), "Let me", "the agent's draft was lost by the kill");
  for (const text of ["sent in the moment of the kill", "said to a dead node"]) {
    await customer.sees(text);
    await agent.sees(text);
  }
  said.push("I was just saying", "Let me look");
  await customer.say(" saying");
  await agent.sees("I was just saying");
  await agent.say(" look");
  await customer.sees("Let me look");
}

/** Every message once, in one order, on both pages, now and after a reload. */
async function judge(customer, agent) {
  const seen = await customer.messages();
  const staff = await agent.messages();
  const open = staff.filter((m) => !m.whisper);
  assert.deepEqual(seen, open, "the two pages do not show the same messages in the same order");
  for (const list of [seen, staff]) {
    assert.ok(list.every((m, i) => i === 0 || m.seq > list[i - 1].seq), "a page shows a message twice or out of order");
  }
  // What the flow says is in the log too; of what people said, each must be there exactly once.
  for (const text of said) {
    assert.equal(seen.filter((m) => m.text === text).length, 1, `not exactly once: ${text}`);
  }
  assert.equal(staff.filter((m) => m.whisper).length, 1, "the message to staff is not there exactly once");
  assert.deepEqual([await customer.pending(), await agent.pending()], [[], []], "something is still on its way");
  return { seen, staff };
}

async function story(node, browser) {
  const person = async () => (await browser.newContext({ viewport: { width: 1100, height: 900 }, locale: "en" })).newPage();
  const customer = new Customer(await person(), "the customer");
  const agent = new Agent(await person(), "the agent");
  step("a customer comes while nobody is signed in");
  said.push("Is anybody there?");
  await customer.begin(node.public, "Maria", "Is anybody there?");
  await customer.isTold(/signed in/i);
  step("an agent signs in and takes the offer");
  await agent.signIn(node.staff, "ann", "holdfast-demo");
  await agent.accept();
  await customer.sees("Is anybody there?");
  await agent.sees("Is anybody there?");
  step("they talk");
  await talk(customer, agent);
  await whisper(customer, agent);
  await customer.write("x");
  await agent.seesTyping("x");
  await customer.page.keyboard.press("Backspace");
  step("each page is reloaded in mid-sentence");
  await reloads(customer, agent);
  step("the node is killed in mid-sentence and started again");
  await killInMidSentence(node, customer, agent);
  step("they finish");
  await exchange(customer, agent, "Thank you, goodbye");
  const before = await judge(customer, agent);
  await customer.end();
  await customer.page.getByRole("button", { name: "Start a new chat" }).waitFor();
  await agent.phase("wrap-up");
  await customer.page.screenshot({ path: path.join(PICTURES, "customer.png") });
  await agent.page.screenshot({ path: path.join(PICTURES, "agent.png") });
  await agent.conclude("solved", "Parcel is at the depot");
  await customer.page.reload();
  await customer.sees("Thank you, goodbye");
  await agent.reload();
  await agent.sees("Thank you, goodbye");
  const after = await judge(customer, agent);
  assert.deepEqual(after, before, "a reload changed what is shown");
  assert.deepEqual([...customer.errors, ...agent.errors], [], "a page reported errors");
  step("a site embeds the chat");
  await embed(node, await person(), PICTURES);
  return before;
}

async function main() {
  const binary = process.argv[2];
  if (!binary) throw new Error("usage: node chat.mjs PATH_OF_THE_HOLDFAST_BINARY");
  await mkdir(PICTURES, { recursive: true });
  const data = await mkdtemp(path.join(tmpdir(), "holdfast-browser-"));
  const node = await Node.start(path.resolve(binary), data);
  const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
  try {
    const { seen } = await story(node, browser);
    console.log(`browser: ok, ${seen.length} messages, each once and in one order on both pages; pictures in ${PICTURES}`);
  } catch (error) {
    await Promise.all(browser.contexts().flatMap((c) => c.pages()).map((page, i) =>
      page.screenshot({ path: path.join(PICTURES, `failed-${i}.png`) }).catch(() => null)));
    console.error(`browser: FAILED, pictures in ${PICTURES}\n${error.stack}\n--- the node's last lines\n${node.log}`);
    process.exitCode = 1;
  } finally {
    await browser.close();
    await node.kill();
    await rm(data, { recursive: true, force: true });
  }
}

await main();
