import assert from "node:assert/strict";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("mq verify ends with 4 for every damaged store and with 0 for every other", async () => {
  const damaged = /c-flip|noabort-|c-damage-102-(nocheckpoint|short|torn)$/;
  for (const name of storeNames()) {
    const files = storeInMemory(name);
    const { exitCode } = await record(["verify", "store"], { files });
    assert.equal(exitCode, damaged.test(name) ? 4 : 0, name);
  }
});

Deno.test("mq verify ends with 4 for a quick look only where a quick look finds something", async () => {
  const files = storeInMemory("5.5.0-c-flip-102-first");
  assert.equal((await record(["verify", "store", "--quick"], { files })).exitCode, 0);
  files.remove("store/commitlog/00000000000000065536");
  assert.equal((await record(["verify", "store", "--quick"], { files })).exitCode, 4);
});

Deno.test("mq verify ends with 8 where looking was not possible, whatever it found before", async () => {
  const files = storeInMemory("5.5.0-c-damage-102-nocheckpoint");
  const openRead = files.openRead.bind(files);
  files.openRead = (path) => {
    if (!path.endsWith("00000000000000131072")) return openRead(path);
    throw new Error(`Cannot open "${path}": permission denied`);
  };
  const { exitCode, stderr } = await record(["verify", "store"], { files });
  assert.equal(exitCode, 8);
  assert.match(
    stderr,
    /^mq: Cannot open "store\/commitlog\/00000000000000131072": permission denied/m,
  );
  assert.equal((await record(["verify", "nowhere"], { files })).exitCode, 8);
});

Deno.test("mq verify ends with 16 for what cannot be meant, and has looked at nothing", async () => {
  const files = storeInMemory("5.5.0-c-damage-102-nocheckpoint");
  for (
    const args of [
      ["--quick", "--deep"],
      ["--only", "everything"],
      ["--ignore", "log-body-crc-"],
      ["--fields", "nonsense"],
      ["-o", "xml"],
      ["--no-such-option"],
    ]
  ) {
    const { exitCode, stdout } = await record(["verify", "store", ...args], { files });
    assert.deepEqual([exitCode, stdout], [16, ""], args.join(" "));
  }
});

Deno.test("mq verify says that a broker holds the store, and looks all the same", async () => {
  const files = storeInMemory("5.5.0-b-kill-load-102");
  const { exitCode, stderr } = await record(["verify", "store"], { files, lockHolder: 4711 });
  assert.equal(exitCode, 0);
  assert.match(stderr, /process 4711 is using store/);
});

Deno.test("mq verify ends its JSON with a summary that accounts for all bytes", async () => {
  for (const name of storeNames().slice(0, 8)) {
    const files = storeInMemory(name);
    const { stdout } = await record(["verify", "store", "-o", "jsonl"], { files });
    const rows = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    const summary = rows.pop();
    assert.equal(summary.kind, "summary");
    assert(rows.every((row) => row.kind === "finding"));
    const onDisk = [...files.snapshot().values()].reduce((sum, bytes) => sum + bytes.length, 0);
    const counted = Object.values(summary.files as Record<string, Record<string, number>>);
    assert.equal(counted.reduce((sum, kind) => sum + kind["bytesExpected"]!, 0), onDisk, name);
    for (const kind of counted) {
      assert.equal(kind["bytesExpected"], kind["bytesChecked"]! + kind["bytesSkipped"]!);
    }
    const codes = Object.values(summary.codes as Record<string, number>);
    assert.equal(codes.reduce((sum, count) => sum + count, 0), rows.length);
  }
});

Deno.test("mq verify leaves out what is ignored, in counts and in the exit code", async () => {
  const files = storeInMemory("5.5.0-c-damage-102-nocheckpoint");
  const run = async (...args: string[]) => {
    const { stdout, exitCode } = await record(["verify", "store", "-o", "json", ...args], {
      files,
    });
    return { summary: JSON.parse(stdout).at(-1), exitCode };
  };
  assert.equal((await run()).exitCode, 4);
  const { summary, exitCode } = await run("--ignore", "checkpoint-missing");
  assert.equal(exitCode, 0);
  assert.equal(summary.ignored, 1);
  assert.equal(summary.codes["checkpoint-missing"], undefined);
  assert.equal((await run("--ignore", "checkpoint-missing", "--strict")).exitCode, 4);
});

Deno.test("mq verify stops when its reader goes away", async () => {
  const files = storeInMemory("5.5.0-c-damage-102-noabort-cqbehind");
  const { stdout, stderr } = await record(["verify", "store"], { files, readerBytesMax: 1 });
  assert.equal(stderr, "");
  assert(stdout.length < 10_000);
});

Deno.test("mq verify goes on behind what the disk cannot read, and says what to do about the disk", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.breakRange("store/commitlog/00000000000000131072", 8192, 12_288);
  const { exitCode, stdout, stderr } = await record(["verify", "store"], { files });
  assert.equal(exitCode, 4);
  assert.match(stdout, /^error\tstore-unreadable\t.*\t8192\t4096\tstore\/commitlog\/0*131072\t/m);
  assert.match(stdout, /^Checked 567 messages from log offset 0 to 330461/m);
  assert.match(stdout, /cannot be read whole. Copy it with ddrescue .*mq recover store --into/);
  assert.doesNotMatch(stderr, /cannot read/);
  const log = await record(["verify", "store", "--only", "commitlog"], { files });
  assert.match(log.stdout, /^error\tstore-unreadable/m);
  const index = await record(["verify", "store", "--only", "index"], { files });
  assert.doesNotMatch(index.stdout, /^error\tstore-unreadable/m);
  assert.match(index.stderr, /the disk cannot read bytes 8192 to 12288 of /);
});
