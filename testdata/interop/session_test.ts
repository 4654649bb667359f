import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { JavaSession } from "./session.ts";

/** Takes commands as the Java program does: `admin` answers with its arguments, `stop` fails. */
const SCRIPT = `#!/bin/sh
for pair in "$@"; do case $pair in received=*) received=\${pair#received=};; esac; done
echo '{"event":"ready"}'
while read -r id command rest; do
  case $command in
    stop) echo "{\\"reply\\":$id,\\"error\\":\\"no such consumer\\"}";;
    push) echo '{"consumer":"A"}' >> "$received"; echo "{\\"reply\\":$id,\\"value\\":\\"client\\"}";;
    *) echo "{\\"reply\\":$id,\\"value\\":\\"$rest\\"}";;
  esac
done
`;

async function withSession(use: (session: JavaSession) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-session-"));
  try {
    const java = path.join(folder, "java");
    fs.writeFileSync(java, SCRIPT, { mode: 0o755 });
    const kit = { version: "5.5.0", java, classPath: "none", madeFrom: "", machine: [] } as const;
    await using session = await JavaSession.start(kit, { namesrv: "127.0.0.1:1", folder });
    await use(session);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

Deno.test("JavaSession gives each command its own answer, and fails with a failing one", async () => {
  await withSession(async (session) => {
    const printed = await Promise.all(["a", "b", "c"].map((name) => session.admin([name])));
    assert.deepEqual(printed, ["a", "b", "c"]);
    await assert.rejects(session.stop("A"), /^Error: stop name=A: no such consumer$/);
  });
});

Deno.test("JavaSession.received() gives what consumers wrote", async () => {
  await withSession(async (session) => {
    assert.deepEqual(session.received(), []);
    assert.equal(await session.push({ name: "A", group: "G", topic: "T" }), "client");
    assert.deepEqual(session.received().map(({ consumer }) => consumer), ["A"]);
    assert.deepEqual(session.sent(), []);
  });
});

Deno.test("JavaSession.settled() looks until nothing is left, or gives what is at the deadline", async () => {
  await withSession(async (session) => {
    const left = ["two", "one"];
    assert.deepEqual(await session.settled(() => left.splice(0, 1)), []);
    assert.deepEqual(await session.settled(() => ["never"], 0), ["never"]);
  });
});
