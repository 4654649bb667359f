import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { STORE_CASES } from "../../testdata/store_cases.ts";
import { foundIn, verified } from "../../testdata/verified.ts";
import { BLANK, INDEX_HEADER, MAGIC } from "../format.ts";

const QUICK = { depth: "quick" } as const;

Deno.test("quickCheck() finds nothing wrong in stores that nobody damaged", async () => {
  for (const { name } of STORE_CASES.filter((it) => !/-c-(damage|flip)-/.test(it.name))) {
    const { severities } = (await verified(storeInMemory(name), QUICK)).summary;
    assert.deepEqual([severities.error, severities.warning], [0, 0], name);
  }
});

Deno.test("quickCheck() never calls graver than the full check what both find", async () => {
  for (const { name } of STORE_CASES) {
    const full = await verified(storeInMemory(name));
    for (
      const { code, severity, file, topic } of (await verified(storeInMemory(name), QUICK)).findings
    ) {
      const same = full.findings.filter((it) => it.code === code && it.file === file);
      assert(same.some((it) => it.severity === severity), `${name}: ${code} of ${topic ?? file}`);
    }
  }
});

Deno.test("quickCheck() reads a few kilobytes of each file, however long it is", async () => {
  const { files } = new SmallStore({ segmentBytes: 4_000_000 }).addMany(2000).save();
  let bytesRead = 0;
  const openRead = files.openRead.bind(files);
  files.openRead = (path) => {
    const file = openRead(path);
    const read = (into: Uint8Array, at: number) => {
      const count = file.read(into, at);
      bytesRead += count;
      return count;
    };
    return { ...file, read };
  };
  const { summary } = await verified(files, QUICK);
  assert(bytesRead < 200_000, `${bytesRead}`);
  assert(summary.files.commitlog.bytesSkipped > 3_900_000);
});

Deno.test("quickCheck() looks at the first record of every log file", async () => {
  const { files, log } = new SmallStore({ segmentBytes: 1200, fileUnits: 99 }).addMany(25).save();
  assert.equal((await verified(files, QUICK)).summary.messages, 3);
  log.flip(1200 + 5);
  log.flip(2400 + 114 + 5);
  assert.deepEqual(await foundIn(files, QUICK), [
    "error log-bad-record commitlog/00000000000000001200 0+8",
  ]);
  files.remove(log.path(1200));
  assert.deepEqual(await foundIn(files, QUICK), [
    "error log-missing-file commitlog/00000000000000001200 1200+1200",
  ]);
});

Deno.test("quickCheck() takes a log file without a record for one not begun", async () => {
  const { files, log } = new SmallStore().addMany(3).save();
  log.addFile(4096);
  assert.deepEqual(await foundIn(files, QUICK), []);
});

Deno.test("quickCheck() takes a log file that a repair has filled up for sound", async () => {
  const { files, log } = new SmallStore({ segmentBytes: 1200, fileUnits: 99 }).addMany(25).save();
  const fill = (length: number) => {
    const filler = new DataView(new ArrayBuffer(BLANK.size));
    BLANK.write(filler, 0, { length, magic: MAGIC.blank });
    log.write(1200, new Uint8Array(filler.buffer));
  };
  fill(1200);
  assert.deepEqual(await foundIn(files, QUICK), []);
  fill(1199);
  assert.deepEqual(await foundIn(files, QUICK), [
    "error log-bad-record commitlog/00000000000000001200 0+8",
  ]);
});

Deno.test("quickCheck() finds an index header that ends before it begins", async () => {
  const files = storeInMemory("5.5.0-e-timer-102");
  const [name] = files.list("store/index");
  files.zero(`store/index/${name}`, INDEX_HEADER.at.endTimestamp, 8);
  assert.deepEqual(await foundIn(files, QUICK), [`warning index-header index/${name} 0+40`]);
});

Deno.test("quickCheck() misses the queues of a log where none is left", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.remove("store/consumequeue");
  const missing = "queue-missing-units consumequeue/T_retry/0 0+20";
  assert((await foundIn(files, QUICK)).includes(`error ${missing}`));
  files.put("store/abort", new Uint8Array(0));
  files.remove("store/checkpoint");
  assert((await foundIn(files, QUICK)).includes(`info ${missing}`), "a start brings them back");
});
