import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { brief, foundIn, verified } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { MESSAGE_V1, SYS_FLAG } from "../format.ts";
import { formatProperties } from "../properties.ts";

const FIRST = "00000000000000000000";
const SECOND = "00000000000000001200";
const LOG = `commitlog/${FIRST}`;
const AT = MESSAGE_V1.at;
/** Bytes of a record with the sample's body, topic and tag. */
const SIZE = 114;
const T0 = 1_700_000_000_000;

/** Ten records in a first file of 1200 bytes, ten in a second, five in a third. */
function threeFiles(): SmallStore {
  return new SmallStore({ segmentBytes: 1200, fileUnits: 100 }).addMany(25).save();
}

async function logFindings(files: MemoryFiles, depth: "default" | "deep" = "default") {
  return await foundIn(files, { only: ["commitlog"], depth });
}

Deno.test("LogCheck finds nothing in a log that goes over three files", async () => {
  const { findings, summary } = await verified(threeFiles().files);
  assert.deepEqual(findings, []);
  assert.deepEqual([summary.messages, summary.logStart, summary.logEnd], [25, 0, 2400 + 5 * SIZE]);
});

Deno.test("LogCheck allows times to go back by three seconds and no more", async () => {
  for (const [back, codes] of [[3000, []], [3001, ["log-time-jump"]]] as const) {
    const store = new SmallStore();
    store.add({ storeTimestamp: T0 + 9000 });
    store.add({ storeTimestamp: T0 + 9000 - back });
    store.add({ storeTimestamp: T0 + 9000 });
    const { findings } = await verified(store.save().files, { only: ["commitlog"] });
    assert.deepEqual(findings.map((it) => it.code), codes);
    if (back === 3001) {
      assert.match(findings[0]!.message, /stored 3001 ms before the one before it$/);
    }
  }
});

Deno.test("LogCheck says which bytes of the properties are zero", async () => {
  const properties = formatProperties([["a", "long value"], ["b", "another"]]);
  const store = new SmallStore();
  const { at, length } = store.add({ properties });
  store.add();
  const { files } = store.save();
  const path = `store/${LOG}`;
  // To the end: torn by a crash.
  files.zero(path, at + length - 9, 9);
  const { findings } = await verified(files);
  assert.deepEqual(findings.map(brief), [`error log-torn-properties ${LOG} ${length - 9}+9`]);
  assert.equal(
    findings[0]!.message,
    `record at log offset 0: zeros from byte ${length - 9} to ${length} of ${length}, ` +
      "in its properties",
  );
  assert.deepEqual([findings[0]!.topic, findings[0]!.queueOffset], ["TopicTest", 0]);
});

Deno.test("LogCheck only warns of a zero between other properties: a producer may have sent it", async () => {
  const store = new SmallStore();
  store.add({ properties: formatProperties([["a", "x\u0000y"], ["b", "c"]]) });
  store.add();
  assert.deepEqual(
    await foundIn(store.save().files),
    [`warning log-torn-properties ${LOG} 108+1`]
      .map((line) => line.replace("108", String(store.log.records[0]!.length - 7))),
  );
});

Deno.test("LogCheck takes zeros in bodies, topics' lengths and behind the log for what they are", async () => {
  const store = new SmallStore();
  store.add({ body: new Uint8Array(200), properties: "" });
  store.add({ properties: "" });
  assert.deepEqual(await foundIn(store.save().files), []);
});

Deno.test("LogCheck compares the seal of a record, and finds one that is damaged", async () => {
  const store = "5.5.0-e-crc-202";
  const files = storeInMemory(store);
  assert.deepEqual(await logFindings(files), []);
  const size = new DataView(files.snapshot().get(`store/${LOG}`)!.buffer).getInt32(0);
  // A field without any other check; each byte of the seal in turn.
  for (const at of [AT.flag, ...Array.from({ length: 20 }, (_, nth) => size - 20 + nth)]) {
    files.flip(`store/${LOG}`, at, 4);
    assert.deepEqual(
      await logFindings(files),
      [`error log-property-crc ${LOG} 0+${size}`],
      `${at}`,
    );
    files.flip(`store/${LOG}`, at, 4);
  }
});

Deno.test("LogCheck reports damage in the middle as such, at the end as a torn tail", async () => {
  const middle = threeFiles();
  middle.log.flip(3 * SIZE + AT.magic);
  assert.deepEqual(await logFindings(middle.files), [`error log-bad-record ${LOG} 342+114`]);
  const last = threeFiles();
  last.log.flip(2400 + 4 * SIZE + AT.magic);
  const tail = `log-torn-tail commitlog/00000000000000002400 ${4 * SIZE}+${SIZE}`;
  assert.deepEqual(await logFindings(last.files), [`error ${tail}`]);
  // After an unclean stop that is what to expect.
  last.files.put("store/abort", new Uint8Array(0));
  assert.deepEqual(await logFindings(last.files), [`info ${tail}`]);
});

Deno.test("LogCheck reports several damages at the end one by one", async () => {
  const { files, log } = threeFiles();
  files.zero(log.path(2400), 0, 1200);
  log.flip(1200 + 9 * SIZE + AT.bodyCRC);
  // The filler of the second file is sound: what stands before it is damage and no tail.
  assert.deepEqual(await logFindings(files), [`error log-body-crc commitlog/${SECOND} 1026+114`]);
  files.zero(log.path(1200), 10 * SIZE, 8);
  assert.deepEqual(await logFindings(files), [`error log-torn-tail commitlog/${SECOND} 1026+114`]);
});

Deno.test("LogCheck finds a file that is missing in the middle, and the rest behind it", async () => {
  const { files, log } = threeFiles();
  files.remove(log.path(1200));
  const { findings, summary } = await verified(files, { only: ["commitlog"] });
  assert.deepEqual(findings.map(brief), [`error log-missing-file commitlog/${SECOND} 1200+1200`]);
  assert.equal(summary.messages, 15);
});

Deno.test("LogCheck is less worried by an empty last file, which a crash leaves", async () => {
  const { files } = threeFiles();
  files.put("store/commitlog/00000000000000003600", new Uint8Array(0));
  assert.deepEqual(await logFindings(files), [
    "warning log-wrong-length commitlog/00000000000000003600 0+0",
  ]);
  files.cut(`store/commitlog/${SECOND}`, 0);
  assert.deepEqual((await logFindings(files)).slice(0, 1), [
    `error log-wrong-length commitlog/${SECOND} 0+0`,
  ]);
});

Deno.test("LogCheck says of a wrong body both checksums and whose it is", async () => {
  const { files, log } = threeFiles();
  log.flip(SIZE + 90);
  const { findings } = await verified(files, { only: ["commitlog"] });
  const [finding] = findings;
  assert.deepEqual([finding!.topic, finding!.queueId, finding!.queueOffset], ["TopicTest", 0, 1]);
  assert.match(
    finding!.message,
    /^log offset 114: the body's checksum is [0-9a-f]{8}, the record says [0-9a-f]{8}$/,
  );
});

Deno.test("LogCheck tells of a filler with another length, which nobody reads", async () => {
  const { files, log } = threeFiles();
  log.flip(log.blanks[0]!.at + 3);
  const { findings } = await verified(files);
  assert.deepEqual(findings.map(brief), [`info log-wrong-blank ${LOG} 1140+60`]);
  assert.match(findings[0]!.message, /expected a filler of 60 bytes, found 61 bytes$/);
});

Deno.test("LogCheck reads bodies at the depth deep only", async () => {
  const store = new SmallStore();
  store.add({ sysFlag: SYS_FLAG.compressed | SYS_FLAG.compressionZlib });
  assert.deepEqual(await logFindings(store.save().files), []);
  assert.deepEqual(await logFindings(store.files, "deep"), [
    `error log-body-unreadable ${LOG} 0+114`,
  ]);
});

Deno.test("LogCheck finds each contradiction in a record that holds a batch", async () => {
  const flags = SYS_FLAG.needUnwrap | SYS_FLAG.innerBatch;
  const both = [["INNER_NUM", "3"], ["INNER_BASE", "7"]] as const;
  const messageOf = async (sysFlag: number, properties: readonly (readonly [string, string])[]) => {
    const store = new SmallStore();
    store.log.add({ sysFlag, queueOffset: 7, properties: formatProperties(properties) });
    const { findings } = await verified(store.save().files, { only: ["commitlog"] });
    return findings.map((it) => it.message.replace("record at log offset 0: ", ""));
  };
  assert.deepEqual(await messageOf(flags, both), []);
  assert.deepEqual(await messageOf(SYS_FLAG.innerBatch, both), [
    "it has only some of the signs of a batch",
  ]);
  assert.deepEqual(await messageOf(flags, []), ['INNER_NUM is ""']);
  assert.deepEqual(await messageOf(flags, [["INNER_NUM", "0"], both[1]]), ['INNER_NUM is "0"']);
  assert.deepEqual(await messageOf(flags, [both[0], ["INNER_BASE", "8"]]), [
    'INNER_BASE is "8", its queue offset 7',
  ]);
  assert.deepEqual(await messageOf(flags, [both[0]]), ['INNER_BASE is "", its queue offset 7']);
});
