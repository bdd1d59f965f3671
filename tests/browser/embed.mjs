// embed.mjs: a page of another origin with one script tag: the chat opens in a frame there and holds a message. It
// never holds a whole conversation; chat.mjs does.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import path from "node:path";

const site = (origin) => `<!doctype html><title>A shop</title><h1>A shop</h1>
<script src="${origin}/chat.js" data-service="support" data-label="Ask us"></script>`;

export async function embed(node, page, pictures) {
  const server = http.createServer((_, answer) => {
    // A strict site: only the chat's script and frame are allowed.
    answer.setHeader("Content-Security-Policy", `default-src 'none'; script-src ${node.public}; frame-src ${node.public}`);
    answer.setHeader("Content-Type", "text/html; charset=utf-8");
    answer.end(site(node.public));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = server.address().port;
  try {
    await foreignSite(page, port);
    await sameSite(page, port, pictures);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function chatIn(page) {
  await page.getByRole("button", { name: "Ask us" }).click();
  const frame = page.frameLocator('iframe[title="Ask us"]');
  await frame.getByLabel("Your name").fill("Visitor");
  await frame.getByRole("button", { name: "Start chat" }).click();
  await frame.locator('#line[data-state="connected"]').waitFor();
  await frame.getByLabel("Message", { exact: true }).fill("From another site");
  await frame.getByRole("button", { name: "Send" }).click();
  const mine = frame.locator("#log .message.mine", { hasText: "From another site" });
  await mine.waitFor();
  return mine;
}

/** A site of another name, in a browser that gives frames of other sites no storage: the chat works all the same. */
async function foreignSite(page, port) {
  await page.goto(`http://localhost:${port}/`);
  const mine = await chatIn(page);
  assert.equal(await mine.count(), 1, "the framed chat shows a message twice");
}

/** A site that shares the node's name, as chat.example.com does with www.example.com: the chat survives a reload. */
async function sameSite(page, port, pictures) {
  await page.goto(`http://127.0.0.1:${port}/`);
  const mine = await chatIn(page);
  await page.reload();
  await mine.waitFor();
  assert.equal(await mine.count(), 1, "the framed chat shows a message twice after a reload of the site");
  await page.screenshot({ path: path.join(pictures, "embedded.png") });
}
