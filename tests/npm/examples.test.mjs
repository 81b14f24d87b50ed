// The examples that are no TypeScript, over connections that break, and refused at first.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import test, { describe } from "node:test";

import { cutting } from "./cutting.mjs";

const { ADDRESS, TOKEN, CONTENT, PATH, PYTHON, PYTHONPATH } = process.env;
const EXAMPLES = new URL("../../examples/", import.meta.url);
const REFUSAL = [
  "HTTP/1.1 429 Too Many Requests",
  "content-type: application/json",
  "retry-after: 1",
  "connection: close",
  "",
  '{"errors": [{"message": "Later.", "extensions": {"code": "THROTTLED"}}]}',
].join("\r\n");

/** A server that refuses its first request for a second, and passes all others on. */
async function refusing(address) {
  const target = new URL(address);
  const connected = [];
  const open = new Set();
  const listener = createServer((client) => {
    open.add(client.on("error", () => {}));
    if (connected.push(performance.now()) === 1) {
      client.once("data", () => client.end(REFUSAL));
      return;
    }
    const server = connect(target.port, target.hostname).on("error", () => {});
    client.pipe(server).pipe(client);
    client.on("close", () => server.destroy());
  });
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const close = () => {
    listener.close();
    open.forEach((one) => one.destroy());
  };
  return { address: `http://127.0.0.1:${listener.address().port}`, connected, close };
}

/** What a program says, which must succeed. */
function said([command, ...names], address) {
  const env = { ADDRESS: address, TOKEN, PATH, PYTHONPATH };
  const program = spawn(command, names, { env, cwd: EXAMPLES });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) {
    program[name].setEncoding("utf8").on("data", (text) => (output[name] += text));
  }
  return new Promise((resolve, reject) => {
    program.on("error", reject);
    program.on("close", (code) =>
      code ? reject(new Error(output.stderr)) : resolve(output.stdout),
    );
  });
}

const PROGRAMS = [
  ["curl", ["./curl/send.sh"], [40, 90]],
  ["httpx", [PYTHON, "python/with_httpx.py"], [40, 700, 150, 900]],
  ["gql", [PYTHON, "python/with_gql.py"], [40, 700, 150, 900]],
];

describe("examples", { concurrency: true }, () => {
  for (const [name, command, lengths] of PROGRAMS) {
    test(`${name}: waits as it is told, sends once, and shows each character once`, async () => {
      const cutter = await cutting(ADDRESS, lengths);
      const refuser = await refusing(cutter.address);
      try {
        const [text, left] = (await said(command, refuser.address)).split("\n");
        assert.equal(text, CONTENT);
        assert.match(left, /^\d+ are left\.$/);
        assert.ok(cutter.cuts >= 2, `${cutter.cuts} cuts`);
        const [refused, next] = refuser.connected;
        assert.ok(next - refused >= 1000, `${next - refused} ms`);
      } finally {
        refuser.close();
        cutter.close();
      }
    });
  }
});
