import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { SmallStore, type SmallStoreOptions } from "../../testdata/small_store.ts";
import type { MessageWish } from "../../testdata/small_log.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { SYS_FLAG } from "../format.ts";
import { formatProperties } from "../properties.ts";
import { spanOf } from "./log_pieces.ts";
import { PieceProof, type PieceProofOptions, type PieceProofResult } from "./piece_proof.ts";
import { proofStateOf } from "./proof_state.ts";
import { readStoreState } from "./store_state.ts";

const LOG = "store/commitlog/00000000000000000000";
const QUEUE = "store/consumequeue/TopicTest/0/00000000000000000000";

function proven(
  files: MemoryFiles,
  piece?: { readonly from: number; readonly to: number },
  options: PieceProofOptions = { depth: "default" },
): PieceProofResult {
  const state = proofStateOf(readStoreState(files, "store"));
  const proof = new PieceProof(state, options);
  const turns = proof.prove(piece ?? spanOf(state.log));
  let turn = turns.next();
  while (turn.done !== true) turn = turns.next();
  proof.close();
  return turn.value;
}

function keyed(key: string): MessageWish {
  return { properties: formatProperties([["KEYS", key], ["TAGS", "t"]]) };
}

/** A store of 19 messages with a key each: as many as its index has room for. */
function small(options: SmallStoreOptions = {}): SmallStore {
  const store = new SmallStore({ segmentBytes: 4096, fileUnits: 40, ...options });
  for (let nth = 0; nth < 19; nth++) store.add(keyed(`k${nth}`));
  return store.save();
}

Deno.test("PieceProof.prove() says of a sound store what it counted and where it stands", () => {
  const store = small();
  const [first, last] = [store.log.records[0]!, store.log.records.at(-1)!];
  const { from, proven: piece } = proven(store.files);
  assert.equal(from, 0);
  assert.equal(piece!.to, 4096);
  assert.deepEqual(piece!.log, {
    messages: 19,
    bytesChecked: 4096,
    firstAt: 0,
    end: last.at + last.length,
    firstTime: 1_700_000_001_000,
    lastTime: 1_700_000_019_000,
    latestTime: 1_700_000_019_000,
    isSealed: false,
    isLast: true,
  });
  const queue = { topic: "TopicTest", queueId: 0, first: 0, end: 19, firstAt: first.at };
  assert.deepEqual(piece!.dispatched!.queues, { units: 19, queues: [queue], deleted: [] });
  const { from: begin, to, keys, records } = piece!.dispatched!.index;
  assert.deepEqual([begin, to], [{ file: 0, entry: 1 }, { file: 1, entry: 0 }]);
  assert.deepEqual([keys, records], [19, 19]);
});

Deno.test("PieceProof.prove() begins with the first record behind the place, in this file or the next", () => {
  const store = new SmallStore({ segmentBytes: 1000, fileUnits: 40 }).addMany(19).save();
  const starts = store.log.records.map(({ at }) => at);
  const items = [...starts, ...store.log.blanks.map(({ at }) => at)].sort((a, b) => a - b);
  const blank = store.log.blanks[0]!;
  for (const at of [1, 113, 114, 115, 700, blank.at - 1, blank.at + 3, 999, 1000, 1001]) {
    const { from, proven: piece } = proven(store.files, { from: at, to: 1900 });
    const begin = starts.find((it) => it >= at);
    assert.equal(from, begin, `${at}`);
    assert.equal(piece!.to, items.find((it) => it >= 1900), `${at}`);
    assert.equal(piece!.dispatched!.queues.queues[0]!.first, starts.indexOf(begin!), `${at}`);
  }
});

Deno.test("PieceProof.prove() is sure of no place in a file that has no record there", () => {
  const store = small({ segmentBytes: 65_536 });
  assert.deepEqual(proven(store.files, { from: 10_000, to: 20_000 }), {
    from: -1,
    proven: undefined,
  });
});

/** What breaks a proof, each by itself. */
const DOUBTS: Readonly<Record<string, (store: SmallStore) => void>> = {
  "a changed body": ({ files }) => files.flip(LOG, 88),
  "a wrong unit offset": ({ files }) => files.flip(QUEUE, 20 * 3 + 7),
  "a wrong unit size": ({ files }) => files.flip(QUEUE, 20 * 18 + 11),
  "a wrong tags code": ({ files }) => files.flip(QUEUE, 20 * 7 + 19),
  "a queue without its file": ({ files }) => files.remove(QUEUE),
  "a queue that is too short": ({ files }) => files.cut(QUEUE, 20 * 18 + 19),
  "a wrong hash": ({ files }) => files.flip("store/index/20231114221320000", 40 + 5 * 4 + 20 + 3),
  "a wrong index offset": ({ files }) =>
    files.flip("store/index/20231114221320000", 40 + 5 * 4 + 20 * 4 + 11),
  "a wrong index time": ({ files }) =>
    files.flip("store/index/20231114221320000", 40 + 5 * 4 + 20 * 5 + 15),
  "no index": ({ files }) => files.remove("store/index/20231114221320000"),
  "a second record with an index": (store) => store.add({ queueOffset: 3 }),
  "an index that was left out": (store) => store.add({ queueOffset: 25 }),
  "a time that goes back": (store) => store.add({ storeTimestamp: 1_700_000_010_000 }),
  "a sign of a batch": (store) => store.add({ sysFlag: SYS_FLAG.innerBatch }),
  "a zero in the properties": (store) => store.add({ properties: "a\u0001b\u0000\u0002" }),
  "a zero at their very end": (store) => store.add({ properties: "TAGS\u0001abcdef\u0000" }),
};

for (const [what, doubt] of Object.entries(DOUBTS)) {
  Deno.test(`PieceProof.prove() proves nothing where there is ${what}`, () => {
    const store = small();
    doubt(store);
    const { from, proven: piece } = proven(store.files);
    assert.deepEqual([from, piece], [0, undefined]);
  });
}

Deno.test("PieceProof.prove() takes any bytes but zero for properties, as they may be", () => {
  for (
    const properties of ["", "a", "ä\u0001€\u0002", "a\u0001\u{1f600}\u0002b\u0001c", "\u0001"]
  ) {
    const store = new SmallStore({ segmentBytes: 4096, fileUnits: 40 });
    store.add({ properties });
    const { proven: piece } = proven(store.save().files);
    assert.equal(piece?.log.messages, 1, JSON.stringify(properties));
  }
});

Deno.test("PieceProof.prove() reads bodies at the depth deep only", () => {
  const store = new SmallStore({ segmentBytes: 4096, fileUnits: 40 });
  store.add({ body: deflateSync(new Uint8Array(50)), sysFlag: SYS_FLAG.compressed });
  const sound = store.save().files;
  assert.equal(proven(sound, undefined, { depth: "deep" }).proven?.log.messages, 1);
  store.add({ body: new Uint8Array(9).fill(7), sysFlag: SYS_FLAG.compressed });
  assert.equal(proven(store.save().files).proven?.log.messages, 2);
  assert.equal(proven(store.files, undefined, { depth: "deep" }).proven, undefined);
});

Deno.test("PieceProof.prove() keeps back no more units than it may, with the same result", () => {
  const { files } = small();
  const whole = proven(files);
  for (const pendingUnitsMax of [1, 2, 7, 19]) {
    assert.deepEqual(proven(files, undefined, { depth: "default", pendingUnitsMax }), whole);
  }
});
