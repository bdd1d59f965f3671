// policy.mjs: opens every page of both listeners in a real browser and fails on anything that its security policy stops,
// on script errors, and on pages whose script did not run. Run: node policy.mjs path/to/holdfast
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";
import { Node } from "./node.mjs";

const BINARY = path.resolve(process.argv[2] ?? "../../target/debug/holdfast");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Each page, with what only its script can have put there. */
const PAGES = [
  ["public", "/", () => document.querySelector("form, [data-state]")],
  ["public", "/chat?service=support", () => document.querySelector("form, [data-state]")],
  ["public", "/docs", () => document.body.innerText.includes("/v1/sessions/{session}/messages")],
  ["staff", "/", () => document.querySelector("form")],
  ["staff", "/docs", () => document.body.innerText.includes("/v1/records")],
];

async function look(browser, node, [door, where, filled]) {
  const context = await browser.newContext();
  const problems = [];
  await context.exposeFunction("stopped", (what) => problems.push(what));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (e) => window.stopped(`stopped by ${e.violatedDirective}: ${e.blockedURI} ${e.sample}`));
  });
  const page = await context.newPage();
  page.on("pageerror", (error) => problems.push(`${error}`));
  page.on("console", (line) => { if (line.type() === "error") problems.push(`console: ${line.text()}`); });
  page.on("requestfailed", (request) => problems.push(`failed: ${request.url()}`));
  const answer = await page.goto(node[door] + where);
  const policy = answer.headers()["content-security-policy"] ?? "";
  if (!policy.includes("default-src 'none'")) problems.push(`no policy: ${policy}`);
  await page.waitForFunction(filled, undefined, { timeout: 10_000 }).catch((error) => problems.push(`${error}`));
  await page.waitForLoadState("networkidle");
  const seen = [...problems];
  // A script in the page itself must be stopped: that is how we know that the policy is in force.
  const held = await page.evaluate(() => new Promise((done) => {
    document.addEventListener("securitypolicyviolation", () => done(true), { once: true });
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
    setTimeout(() => done(false), 2_000);
  }));
  if (!held) seen.push("a script in the page was not stopped");
  console.log(`${seen.length === 0 ? "ok " : "BAD"} ${door}${where}`, ...seen);
  await context.close();
  return seen.length;
}

const data = await mkdtemp(path.join(tmpdir(), "holdfast-policy-"));
const node = await Node.start(BINARY, path.join(data, "data"));
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
let bad = 0;
try {
  for (const page of PAGES) bad += await look(browser, node, page);
} finally {
  await browser.close();
  await node.kill();
  await rm(data, { recursive: true, force: true });
}
process.exit(bad === 0 ? 0 : 1);
