// node.mjs: one Holdfast node as a process of the test: ports, start, kill, restart. It never looks inside the node.

import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";

const HOST = "127.0.0.1";

/** Ports that were free a moment ago; the node keeps the same ones over its restarts, as a real one does. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, HOST));
  await Promise.all(servers.map((s) => once(s, "listening")));
  const ports = servers.map((s) => s.address().port);
  await Promise.all(servers.map((s) => new Promise((done) => s.close(done))));
  return ports;
}

/** Asks until the answer is yes; fails with `what` after `limit` milliseconds. */
export async function until(what, limit, ask) {
  const end = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${limit} ms in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

export class Node {
  static async start(binary, data) {
    const node = new Node();
    const [open, staff, ops, peer] = (await freePorts(4)).map((port) => `${HOST}:${port}`);
    node.binary = binary;
    node.args = ["serve", "--demo", "--data", data, "--public", open, "--staff", staff, "--ops", ops, "--peer", peer];
    node.public = `http://${open}`;
    node.staff = `http://${staff}`;
    node.ops = `http://${ops}`;
    await node.start();
    return node;
  }

  async start() {
    this.log = "";
    this.process = spawn(this.binary, this.args, { stdio: ["ignore", "pipe", "pipe"] });
    this.process.on("error", (error) => { this.log += `${error}\n`; });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on("data", (bytes) => { this.log = (this.log + bytes).slice(-20_000); });
    }
    await until("the node is ready", 30_000, () => {
      if (this.process.exitCode !== null) throw new Error(`the node ended with ${this.process.exitCode}:\n${this.log}`);
      return fetch(`${this.ops}/readyz`).then((r) => r.ok, () => false);
    });
  }

  /** SIGKILL, and not back before the process is gone. */
  async kill() {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await gone;
  }
}
