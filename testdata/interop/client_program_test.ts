import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { ClientProgram, keyValues, readLines } from "./client_program.ts";

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-client-program-"));
  try {
    await use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** A program that writes a line with its verb, says "ready", and ends with its input. */
const SCRIPT =
  `verb=$1; shift; for pair in "$@"; do case $pair in out=*) out=\${pair#out=};; esac; done
echo "{\\"verb\\":\\"$verb\\",\\"pairs\\":\\"$*\\"}" > "$out"; echo '{"event":"ready"}'; cat > /dev/null`;

function program(folder: string): ClientProgram {
  return new ClientProgram({ command: "sh", args: ["-c", SCRIPT, "sh"] }, {
    namesrv: "127.0.0.1:1",
    folder,
  });
}

Deno.test("ClientProgram.run() hands over name server and output file and reads the lines", async () => {
  await inFolder(async (folder) => {
    const [row] = await program(folder).run<{ verb: string; pairs: string }>("send", ["topic=T"]);
    assert.equal(row?.verb, "send");
    assert.match(row?.pairs ?? "", /^ns=127\.0\.0\.1:1 out=\S+ topic=T$/);
  });
});

Deno.test("ClientProgram.runAll() runs verbs in one process and reads the lines of each", async () => {
  await inFolder(async (folder) => {
    const verbs = [{ verb: "send", args: ["topic=T"] }, { verb: "query", args: ["in=F"] }];
    // The script takes all that follows its verb for pairs, and writes to the last file named.
    const [none, rows] = await program(folder).runAll(verbs) as { pairs: string }[][];
    assert.deepEqual(none, []);
    assert.match(
      rows?.[0]?.pairs ?? "",
      /^ns=127\.0\.0\.1:1 out=\S+ topic=T -- query ns=127\.0\.0\.1:1 out=\S+ in=F$/,
    );
  });
});

Deno.test("ClientProgram.start() gives the program back when it is ready", async () => {
  await inFolder(async (folder) => {
    await using running = await program(folder).start<{ verb: string }>("load", {
      args: [],
      event: "ready",
    });
    assert.equal(running.count(), 1);
    assert.deepEqual((await running.result()).map(({ verb }) => verb), ["load"]);
  });
});

Deno.test("readLines() leaves out a line that is still being written", async () => {
  await inFolder((folder) => {
    const file = path.join(folder, "lines");
    fs.writeFileSync(file, `{"a":1}\n{"a":2}\n{"a"`);
    assert.deepEqual(readLines(file), [{ a: 1 }, { a: 2 }]);
    assert.deepEqual(readLines(path.join(folder, "none")), []);
    return Promise.resolve();
  });
});

Deno.test("keyValues() writes key=value arguments", () => {
  assert.deepEqual(keyValues({ topic: "T", expect: 3 }), ["topic=T", "expect=3"]);
});
