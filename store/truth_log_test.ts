import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  hasTreeAfterJava,
  readTruth,
  storeInMemory,
  type Tree,
  type Truth,
  type TruthRecord,
} from "../testdata/fixture.ts";
import { STORE_CASES, type StoreCase } from "../testdata/store_cases.ts";
import { readBody } from "./body.ts";
import { CommitLogScan, type ScanKind } from "./commit_log_scan.ts";
import type { FileSystem } from "./file.ts";
import { MAGIC } from "./format.ts";
import { formatHost, hostBytes } from "./host.ts";
import { readMessage } from "./message.ts";
import { messageView } from "./message_view.ts";
import type { Flaw, RecordView } from "./record_view.ts";
import { listSegments, type SegmentList } from "./segments.ts";

const LOG = "store/commitlog";

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Java prints an IPv6 address with all its zeros and without brackets. */
function javaHost(host: string): string {
  const portAt = host.lastIndexOf(":");
  return formatHost(hostBytes(host.slice(0, portAt), Number(host.slice(portAt + 1))));
}

/** A record of a truth with hosts in our form, and without Java's difference of none and empty. */
function fromJava(record: TruthRecord): TruthRecord {
  return {
    ...record,
    bornHost: javaHost(record.bornHost),
    storeHost: javaHost(record.storeHost),
    bodySha256: record.bodySha256 ?? sha256(new Uint8Array(0)),
  };
}

/** A record in the words of the truths. */
function asTruth(record: RecordView): TruthRecord {
  const message = readMessage(record.view, record.at);
  const { magic, storedBodySize, ...view } = messageView(message);
  const result = readBody(message.body, message.sysFlag);
  assert(result.state === "ok", `body at ${view.commitLogOffset}`);
  const isCompressed = result.body !== message.body;
  return {
    ...view,
    version: magic === MAGIC.v2 ? 2 : 1,
    bodySize: result.body.length,
    bodySha256: sha256(result.body),
    ...(isCompressed ? { storedBodySize, storedBodySha256: sha256(message.body) } : {}),
    recordSha256: sha256(record.record()),
  };
}

/** What a scan met, in order. */
interface Item {
  readonly kind: ScanKind;
  readonly at: number;
  readonly length: number;
  readonly flaw: Flaw | undefined;
  readonly record: TruthRecord | undefined;
}

function scanAll(files: FileSystem, log: SegmentList): Item[] {
  const scan = new CommitLogScan(files, log);
  const items: Item[] = [];
  while (scan.next()) {
    const { kind, at, length, flaw } = scan;
    items.push({
      kind,
      at,
      length,
      flaw,
      record: kind === "message" ? asTruth(scan.record) : undefined,
    });
  }
  return items;
}

/** Compares one tree's log with Java's up to Java's end, then with what the table says follows. */
function checkLog(store: StoreCase, tree: Tree, truth: Truth): void {
  const files = storeInMemory(store.name, tree);
  const log = listSegments(files, LOG);
  assert.equal(log.segments[0]!.start, truth.minPhyOffset);
  const items = scanAll(files, log);
  const isSound = ({ kind, flaw }: Item) => kind !== "damage" && flaw === undefined;
  const cut = items.findIndex((item) => !isSound(item) || item.kind === "tail");
  const kept = items.slice(0, cut);
  const behind = items.slice(cut);
  const records = kept.filter((item) => item.kind === "message");
  const blanks = kept.filter((item) => item.kind === "blank");
  assert.deepEqual(records.map((item) => item.record), truth.log.map(fromJava));
  assert.deepEqual(blanks.map((item) => [item.at, item.length]), truth.endFileBlanks);
  let end = truth.minPhyOffset;
  for (const item of items) {
    if (item === behind[0]) assert.equal(end, truth.maxPhyOffset);
    assert.equal(item.at, end, "items follow each other");
    end += item.length;
  }
  const last = log.segments.at(-1)!;
  assert.equal(end, last.start + last.length);
  const expected = store.behindEnd?.[tree];
  if (expected === undefined) assert.deepEqual(behind.map((item) => item.kind), ["tail"]);
  else {
    assert.deepEqual(behind[0]!.flaw?.code, expected.flaw);
    assert(behind.slice(1).every(isSound));
    assert.equal(behind.filter((item) => item.kind === "message").length, expected.messages);
  }
}

for (const store of STORE_CASES) {
  const trees: Tree[] = hasTreeAfterJava(store.name)
    ? ["recorded", "after-java-recovery"]
    : ["recorded"];
  for (const tree of trees) {
    Deno.test(`CommitLogScan reads every record as Java does: ${store.name}, ${tree}`, () => {
      checkLog(store, tree, readTruth(store.logOf ?? store.name));
    });
  }
}
