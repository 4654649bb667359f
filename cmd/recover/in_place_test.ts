import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

const THIRD = "store/commitlog/00000000000000131072";
const INDEX = "store/index/20261121091601736";

Deno.test("mq recover --apply refuses a store the disk cannot read all of, and changes no byte", async () => {
  for (const path of [THIRD, INDEX]) {
    for (const loss of [[], ["--allow-data-loss", "--yes"]]) {
      const files = storeInMemory("5.5.0-a-clean-102");
      files.flip("store/commitlog/00000000000000000000", 400);
      const [names, before] = [files.list("store"), files.snapshot()];
      files.breakRange(path, 4096, 8192);
      const run = await record(["recover", "store", "--apply", ...loss], { files });
      assert.equal(run.exitCode, 8);
      assert.match(
        run.stderr,
        /^mq: Cannot repair "store" in its place.* the disk cannot read bytes 4096 to 8192 of /m,
      );
      assert.match(run.stderr, /mq recover store --into FOLDER/);
      assert.deepEqual(files.list("store"), names);
      for (const [name, bytes] of before) {
        if (name !== path) assert.equal(Buffer.compare(bytes, content(files, name)), 0, name);
      }
    }
  }
});

function content(files: ReturnType<typeof storeInMemory>, path: string): Uint8Array {
  const bytes = new Uint8Array(files.stat(path)!.size);
  files.openRead(path).read(bytes, 0);
  return bytes;
}

Deno.test("mq recover plans behind what the disk cannot read, and sends the repair elsewhere", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.breakRange(THIRD, 8192, 12_288);
  const { exitCode, stdout, stderr } = await record(["recover", "store"], { files });
  assert.equal(exitCode, 4);
  assert.match(
    stdout,
    /^The disk cannot read 4096 bytes of the store: it can be repaired in a copy/m,
  );
  assert.match(stdout, /: mq recover store --into FOLDER --allow-data-loss$/m);
  assert.doesNotMatch(stdout, /--apply/);
  assert.match(stderr, /the disk cannot read bytes 8192 to 12288/);
});

Deno.test("mq recover --into makes a sound store without what the disk cannot read", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.breakRange(THIRD, 8192, 12_288);
  files.breakRange(INDEX, 0, 4096);
  const args = ["recover", "store", "--into", "copy", "--allow-data-loss", "-o", "jsonl"];
  const { exitCode, stdout } = await record(args, { files });
  const summary = JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
  assert.equal(exitCode, 5);
  assert.deepEqual([summary.unreadable, summary.messagesLost, summary.messages], [8192, 2, 567]);
  assert.deepEqual([summary.verified.error, summary.verified.warning], [0, 0]);
  const verified = await record(["verify", "copy"], { files });
  assert.equal(verified.exitCode, 0, verified.stdout);
});
