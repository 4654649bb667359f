import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { eventually } from "../eventually.ts";
import { GoSession } from "./go_session.ts";

/** Says back what it was told, and writes it down as received or sent. */
const PROGRAM = `
import fs from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
const [verb, ...options] = process.argv.slice(2);
if (verb !== "session") throw new Error(verb);
const files = Object.fromEntries(options.map((option) => option.split("=")));
console.log('{"event":"ready"}');
createInterface({ input: process.stdin }).on("line", (line) => {
  const [id, command, ...told] = line.split("\\t");
  const reply = Number(id);
  const row = JSON.stringify({ consumer: command, offsets: process.env["rocketmq.client.localOffsetStoreDir"] });
  fs.appendFileSync(command === "send" ? files.sent : files.received, row + "\\n");
  if (command === "stop") console.log(JSON.stringify({ reply, value: null, error: "there is none" }));
  else console.log(JSON.stringify({ reply, value: command === "send" ? 7 : [files.ns, ...told] }));
});
`;

Deno.test("GoSession tells its program what to do, and gives what it answers and writes", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-go-session-"));
  try {
    const file = path.join(folder, "program.mjs");
    fs.writeFileSync(file, PROGRAM);
    const args = "Bun" in globalThis ? [file] : ["run", "-A", file];
    const program = { command: process.execPath, args };
    const own = path.join(folder, "own");
    await using session = await GoSession.start(program, { namesrv: "127.0.0.1:1", folder: own });
    const [ids, queues] = await Promise.all([
      session.push({ name: "a", group: "G", topic: "T", sql: "n > 1 AND m = 'x'", retries: 2 }),
      session.queues("a"),
    ]);
    const sql = "sql=n > 1 AND m = 'x'";
    assert.deepEqual(ids, ["127.0.0.1:1", "name=a", "group=G", "topic=T", sql, "retries=2"]);
    assert.deepEqual(queues, ["127.0.0.1:1", "name=a"]);
    assert.equal(await session.send({ topic: "T", mark: "m", count: 7, level: 3 }), 7);
    const rows = (found: readonly { readonly consumer?: string }[]) =>
      found.map((it) => it.consumer);
    await eventually(() => session.received().length === 2 && session.sent().length === 1);
    assert.deepEqual([rows(session.received()).toSorted(), rows(session.sent() as [])], [
      ["push", "queues"],
      ["send"],
    ]);
    // What a broadcasting consumer keeps stays out of the home folder.
    const [{ offsets } = {}] = session.received() as unknown as { offsets?: string }[];
    assert.equal(offsets, path.join(own, "offsets"));
    await assert.rejects(session.stop("b"), /stop name=b: there is none$/);
    assert.deepEqual(await session.settled(() => [], 0), []);
    assert.deepEqual(await session.settled(() => ["still"], 0), ["still"]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
