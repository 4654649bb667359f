import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { brief, verified } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";
import {
  CHECKPOINT,
  INDEX_ENTRY,
  INDEX_HEADER,
  MESSAGE_V1,
  QUEUE_EXT_UNIT,
  QUEUE_PADDING,
  QUEUE_UNIT,
} from "../format.ts";
import { FILE_KINDS, finding, type FindingCode, FINDINGS } from "./findings.ts";
import type { VerifyDepth } from "./summary.ts";

const FIRST = "00000000000000000000";
const LAST = "00000000000000327680";
const CLEAN = "5.5.0-a-clean-102";
const EXPIRED = "5.5.0-d-expire-102";
const EXTENDED = "5.5.0-e-cqext-102";
const BATCHES = "5.5.0-e-bcq-102";

/** The first file of the log: records of `T_retry` at 0 (315 bytes), 315 (322), 637 (325). */
const LOG = `store/commitlog/${FIRST}`;
const SECOND = 315;
const RETRY = `store/consumequeue/T_retry/0/${FIRST}`;
const PLAIN_2 = "store/consumequeue/T_plain/0/00000000000000001200";
const EXT = `store/consumequeue_ext/T_plain/0/${FIRST}`;
/** 100 slots: entry n at 440 + 20 n. Each record has three: unique key, key, tag. */
const INDEX = "store/index/20261121091601736";
const INDEX_END = "store/index/20261121091603444";

/** A sound store, what is done to it, and everything that is found then. */
interface Damage {
  /** Default: a store with everything, stopped cleanly. */
  readonly store?: string;
  readonly depth?: VerifyDepth;
  readonly damage?: (files: MemoryFiles) => void;
  /** All findings but those of the sound store. */
  readonly finds: readonly string[];
}

function write(files: MemoryFiles, path: string, at: number, bytes: Uint8Array): void {
  files.openWrite(path).write(bytes, at);
}

function unit(value: Parameters<typeof QUEUE_UNIT.write>[2]): Uint8Array {
  const bytes = new Uint8Array(QUEUE_UNIT.size);
  QUEUE_UNIT.write(new DataView(bytes.buffer), 0, value);
  return bytes;
}

const AT = MESSAGE_V1.at;

/** What follows from a record that cannot be used: its unit and its three index entries. */
const SECOND_IS_LOST = [
  "warning index-entry-dangling index/20261121091601736 520+60",
  `error queue-unit-dangling consumequeue/T_retry/0/${FIRST} 20+20`,
];

const LAST_IS_LOST = [
  `info queue-unit-behind-log consumequeue/RMQ_SYS_TRANS_HALF_TOPIC/0/${FIRST} 460+20`,
  "warning index-entry-behind-log index/20261121091603444 5060+60",
];

const DAMAGES: Readonly<Record<FindingCode, Damage>> = {
  "store-unclean": {
    damage: (files) => files.put("store/abort", new Uint8Array(0)),
    finds: [
      "info store-unclean abort 0+0",
      // The checkpoint says nothing of queues: a start brings back what was deleted.
      "info queue-missing-units consumequeue/T_gone/0 0+120",
      "info queue-missing-units consumequeue/T_gone/1 0+120",
    ],
  },
  "log-missing-file": {
    damage: (files) => files.remove("store/commitlog/00000000000000131072"),
    finds: [
      // The place in the whole log, as there is no file to have one in.
      "error log-missing-file commitlog/00000000000000131072 131072+65536",
      // It held the first nine large messages, three entries each.
      `error queue-unit-dangling consumequeue/T_big/0/${FIRST} 0+180`,
      "warning index-entry-dangling index/20261121091602745 3420+540",
    ],
  },
  "log-stray-file": {
    damage: (files) => files.put("store/commitlog/notes.txt", new Uint8Array(3)),
    finds: ["warning log-stray-file commitlog/notes.txt 0+0"],
  },
  "log-wrong-length": {
    damage: (files) => files.cut(`store/commitlog/${LAST}`, 32_768),
    finds: [`error log-wrong-length commitlog/${LAST} 0+32768`],
  },
  "log-bad-record": {
    damage: (files) => files.flip(LOG, SECOND + AT.magic),
    finds: [`error log-bad-record commitlog/${FIRST} 315+322`, ...SECOND_IS_LOST],
  },
  "log-body-crc": {
    damage: (files) => files.flip(LOG, SECOND + 100),
    finds: [`error log-body-crc commitlog/${FIRST} 315+322`, ...SECOND_IS_LOST],
  },
  "log-property-crc": {
    store: "5.5.0-e-crc-202",
    damage: (files) => files.flip(LOG, AT.flag),
    finds: [
      `error log-property-crc commitlog/${FIRST} 0+1957`,
      "warning index-entry-dangling index/20261121094522355 460+80",
    ],
  },
  "log-torn-properties": {
    damage: (files) => files.zero(LOG, SECOND - 10, 10),
    finds: [`error log-torn-properties commitlog/${FIRST} 305+10`],
  },
  "log-inner-batch": {
    damage: (files) => files.flip(LOG, AT.sysFlag + 3, 0x80),
    finds: [`error log-inner-batch commitlog/${FIRST} 0+315`],
  },
  "log-body-unreadable": {
    depth: "deep",
    damage: (files) => files.flip(LOG, AT.sysFlag + 3, 0x01),
    finds: [`error log-body-unreadable commitlog/${FIRST} 0+315`],
  },
  "log-wrong-offset": {
    damage: (files) => files.flip(LOG, SECOND + AT.physicalOffset + 7),
    finds: [`error log-wrong-offset commitlog/${FIRST} 315+322`, ...SECOND_IS_LOST],
  },
  "log-torn-tail": {
    // The last record, at 330003; its keys and its unit are behind the end of the log then.
    damage: (files) => files.flip(`store/commitlog/${LAST}`, 2323 + AT.magic),
    finds: [`error log-torn-tail commitlog/${LAST} 2323+458`, ...LAST_IS_LOST],
  },
  "log-wrong-blank": {
    damage: (files) => files.flip(LOG, 64_920 + 3),
    finds: [`info log-wrong-blank commitlog/${FIRST} 64920+616`],
  },
  "log-time-jump": {
    damage: (files) => files.flip(LOG, SECOND + 56 + 4, 0xff),
    finds: [`warning log-time-jump commitlog/${FIRST} 315+322`],
  },
  "log-topic-deleted": { finds: ["info log-topic-deleted commitlog 0+0"] },
  "queue-stray-file": {
    damage: (files) => files.put("store/consumequeue/T_retry/0/notes.txt", new Uint8Array(3)),
    finds: ["warning queue-stray-file consumequeue/T_retry/0/notes.txt 0+0"],
  },
  "queue-missing-file": {
    damage: (files) => files.rename(PLAIN_2, PLAIN_2.replace("1200", "2400")),
    finds: [
      "error queue-missing-file consumequeue/T_plain/0/00000000000000001200 0+1200",
      "error queue-missing-units consumequeue/T_plain/0 1200+120",
      "error queue-offset-mismatch consumequeue/T_plain/0/00000000000000002400 0+120",
    ],
  },
  "queue-wrong-length": {
    damage: (files) => files.cut(PLAIN_2, 600),
    finds: ["error queue-wrong-length consumequeue/T_plain/0/00000000000000001200 0+600"],
  },
  "queue-wrong-kind": {
    store: BATCHES,
    damage: (files) => files.put(`store/consumequeue/T_bcq/0/${FIRST}`, new Uint8Array(1200)),
    finds: ["error queue-wrong-kind consumequeue/T_bcq/0 0+0"],
  },
  "queue-rocksdb": {
    store: "5.5.0-e-rocksdb-102",
    finds: ["info queue-rocksdb consumequeue 0+0"],
  },
  "queue-missing-units": {
    // The last two of 66 units.
    damage: (files) => files.zero(PLAIN_2, 80, 40),
    finds: ["error queue-missing-units consumequeue/T_plain/0/00000000000000001200 80+40"],
  },
  "queue-hole": {
    store: EXPIRED,
    damage: (files) => files.zero(`store/consumequeue/T_tags/0/${FIRST}`, 200, 40),
    finds: [
      `info queue-unit-below-log consumequeue/T_tags/0/${FIRST} 0+200`,
      `error queue-hole consumequeue/T_tags/0/${FIRST} 200+40`,
      `info queue-unit-below-log consumequeue/T_tags/0/${FIRST} 240+580`,
    ],
  },
  "queue-padding": {
    store: EXPIRED,
    damage: (files) =>
      write(files, `store/consumequeue/T_tags/0/${FIRST}`, 200, unit(QUEUE_PADDING)),
    finds: [
      `info queue-unit-below-log consumequeue/T_tags/0/${FIRST} 0+200`,
      `info queue-padding consumequeue/T_tags/0/${FIRST} 200+20`,
      `info queue-unit-below-log consumequeue/T_tags/0/${FIRST} 220+600`,
    ],
  },
  "queue-unit-mismatch": {
    damage: (files) => files.flip(RETRY, QUEUE_UNIT.at.size + 3),
    finds: [`error queue-unit-mismatch consumequeue/T_retry/0/${FIRST} 0+20`],
  },
  "queue-offset-mismatch": {
    // The second unit becomes a copy of the first.
    damage: (files) =>
      write(files, RETRY, 20, unit({ physicalOffset: 0, size: 315, tagsCode: 2560n })),
    finds: [`error queue-offset-mismatch consumequeue/T_retry/0/${FIRST} 20+20`],
  },
  "queue-tags-mismatch": {
    damage: (files) => files.flip(RETRY, 40 + QUEUE_UNIT.at.tagsCode + 7),
    finds: [`error queue-tags-mismatch consumequeue/T_retry/0/${FIRST} 40+20`],
  },
  "queue-unit-dangling": {
    damage: (files) => files.flip(LOG, SECOND + AT.totalSize),
    finds: [`error log-bad-record commitlog/${FIRST} 315+322`, ...SECOND_IS_LOST],
  },
  "queue-unit-below-log": {
    store: EXPIRED,
    // A queue of which nothing but an expired message is left.
    damage: (files) => {
      const path = `store/consumequeue/T_old/0/${FIRST}`;
      files.put(path, new Uint8Array(1200));
      write(files, path, 0, unit({ physicalOffset: 0, size: 300, tagsCode: 0n }));
    },
    finds: [`info queue-unit-below-log consumequeue/T_old/0/${FIRST} 0+20`],
  },
  "queue-unit-behind-log": {
    // Behind the queue's six units one of a message that the log does not have.
    damage: (files) =>
      write(files, RETRY, 120, unit({ physicalOffset: 330_461, size: 300, tagsCode: 0n })),
    finds: [`info queue-unit-behind-log consumequeue/T_retry/0/${FIRST} 120+20`],
  },
  "queue-offset-repeated": {
    // The second record takes the first one's index, as after a topic was made anew.
    damage: (files) => {
      files.flip(LOG, SECOND + AT.queueOffset + 7);
      files.zero(RETRY, 20, 20);
    },
    finds: [
      `error queue-offset-repeated consumequeue/T_retry/0/${FIRST} 0+20`,
      `error queue-hole consumequeue/T_retry/0/${FIRST} 20+20`,
    ],
  },
  "queue-ext-dangling": {
    store: EXTENDED,
    damage: (files) => files.cut(EXT, 0),
    finds: [`warning queue-ext-dangling consumequeue/T_plain/0/${FIRST} 0+620`],
  },
  "queue-ext-bad-unit": {
    store: EXTENDED,
    damage: (files) => files.flip(EXT, QUEUE_EXT_UNIT.at.size + 1),
    finds: [
      `warning queue-ext-bad-unit consumequeue_ext/T_plain/0/${FIRST} 0+4096`,
      `warning queue-ext-dangling consumequeue/T_plain/0/${FIRST} 0+20`,
    ],
  },
  "queue-ext-mismatch": {
    store: EXTENDED,
    damage: (files) => files.flip(EXT, QUEUE_EXT_UNIT.at.storeTimestamp + 7),
    finds: [`warning queue-ext-mismatch consumequeue/T_plain/0/${FIRST} 0+20`],
  },
  "index-stray-file": {
    damage: (files) => files.put("store/index/notes.txt", new Uint8Array(3)),
    finds: ["info index-stray-file index/notes.txt 0+0"],
  },
  "index-wrong-length": {
    damage: (files) => files.cut(INDEX, 100),
    finds: [
      "warning index-wrong-length index/20261121091601736 0+100",
      "warning index-missing-keys index/20261121091602277 0+0",
    ],
  },
  "index-header": {
    damage: (files) => files.flip(INDEX, INDEX_HEADER.at.endTimestamp + 7),
    finds: ["warning index-header index/20261121091601736 8+8"],
  },
  "index-chain": {
    damage: (files) => files.flip(INDEX, 440 + 5 * 20 + INDEX_ENTRY.at.prevIndex + 3),
    finds: ["warning index-chain index/20261121091601736 540+20"],
  },
  "index-wrong-entry": {
    damage: (files) => files.flip(INDEX, 440 + 5 * 20 + INDEX_ENTRY.at.secondsFromBegin + 3),
    finds: ["warning index-wrong-entry index/20261121091601736 540+20"],
  },
  "index-entry-dangling": {
    damage: (files) => files.flip(LOG, SECOND + AT.bodyCRC),
    finds: [`error log-body-crc commitlog/${FIRST} 315+322`, ...SECOND_IS_LOST],
  },
  "index-entry-below-log": {
    store: EXPIRED,
    finds: ["info index-entry-below-log index/20261121095532795 460+3740"],
  },
  "index-entry-behind-log": {
    damage: (files) => files.zero(`store/commitlog/${LAST}`, 2323, 458),
    finds: LAST_IS_LOST,
  },
  "index-missing-keys": {
    damage: (files) => files.remove(INDEX_END),
    finds: ["warning index-missing-keys index/20261121091603260 0+0"],
  },
  "checkpoint-missing": {
    damage: (files) => files.remove("store/checkpoint"),
    finds: ["warning checkpoint-missing checkpoint 0+0"],
  },
  "checkpoint-wrong-length": {
    damage: (files) => files.cut("store/checkpoint", 100),
    finds: ["warning checkpoint-wrong-length checkpoint 0+100"],
  },
  "checkpoint-ahead": {
    damage: (files) => files.flip("store/checkpoint", CHECKPOINT.at.physicMsgTimestamp + 1),
    finds: ["warning checkpoint-ahead checkpoint 0+8"],
  },
  "config-unreadable": {
    damage: (files) => files.cut("store/config/consumerOffset.json", 5),
    finds: ["warning config-unreadable config/consumerOffset.json 0+5"],
  },
};

for (const [code, { store = CLEAN, depth = "default", damage, finds }] of Object.entries(DAMAGES)) {
  Deno.test(`verifyStore() finds ${code} where it stands`, async () => {
    const sound = new Set((await verified(storeInMemory(store), { depth })).findings.map(brief));
    const files = storeInMemory(store);
    damage?.(files);
    const { findings } = await verified(files, { depth });
    const found = findings.filter((it) => damage !== undefined || it.code === code).map(brief)
      .filter((line) => damage === undefined || !sound.has(line));
    assert.deepEqual(found.toSorted(), finds.toSorted());
    assert(findings.some((it) => it.code === code), `${code} is among them`);
  });
}

/** Of all these damages the quick verification finds these: what its documentation promises. */
const QUICK: readonly FindingCode[] = [
  "store-unclean",
  "log-missing-file",
  "log-stray-file",
  "log-wrong-length",
  "queue-stray-file",
  "queue-missing-file",
  "queue-wrong-length",
  "queue-wrong-kind",
  "queue-rocksdb",
  "queue-unit-behind-log",
  "index-stray-file",
  "index-wrong-length",
  "checkpoint-missing",
  "checkpoint-wrong-length",
  "config-unreadable",
];

Deno.test("verifyStore() finds quickly what needs no reading of records", async () => {
  const found: string[] = [];
  for (const [code, { store = CLEAN, damage }] of Object.entries(DAMAGES)) {
    const files = storeInMemory(store);
    damage?.(files);
    const { findings } = await verified(files, { depth: "quick" });
    if (findings.some((it) => it.code === code)) found.push(code);
  }
  assert.deepEqual(found, QUICK);
});

Deno.test("verifyStore() finds nothing with any code in a sound store but facts", async () => {
  const { findings } = await verified(storeInMemory(CLEAN));
  assert.deepEqual(findings.map(brief), ["info log-topic-deleted commitlog 0+0"]);
});

/** Scripts know these: a change here breaks somebody's cron job. Lines are added, never changed. */
const CODES: Readonly<Record<string, string>> = {
  "checkpoint-ahead": "warning",
  "checkpoint-missing": "warning",
  "checkpoint-wrong-length": "warning",
  "config-unreadable": "error",
  "index-chain": "warning",
  "index-entry-behind-log": "warning",
  "index-entry-below-log": "info",
  "index-entry-dangling": "warning",
  "index-header": "warning",
  "index-missing-keys": "warning",
  "index-stray-file": "info",
  "index-wrong-entry": "warning",
  "index-wrong-length": "warning",
  "log-bad-record": "error",
  "log-body-crc": "error",
  "log-body-unreadable": "error",
  "log-inner-batch": "error",
  "log-missing-file": "error",
  "log-property-crc": "error",
  "log-stray-file": "warning",
  "log-time-jump": "warning",
  "log-topic-deleted": "info",
  "log-torn-properties": "error",
  "log-torn-tail": "error",
  "log-wrong-blank": "info",
  "log-wrong-length": "error",
  "log-wrong-offset": "error",
  "queue-ext-bad-unit": "warning",
  "queue-ext-dangling": "warning",
  "queue-ext-mismatch": "warning",
  "queue-hole": "error",
  "queue-missing-file": "error",
  "queue-missing-units": "error",
  "queue-offset-mismatch": "error",
  "queue-offset-repeated": "warning",
  "queue-padding": "info",
  "queue-rocksdb": "info",
  "queue-stray-file": "warning",
  "queue-tags-mismatch": "error",
  "queue-unit-behind-log": "info",
  "queue-unit-below-log": "info",
  "queue-unit-dangling": "error",
  "queue-unit-mismatch": "error",
  "queue-wrong-kind": "error",
  "queue-wrong-length": "error",
  "store-unclean": "info",
};

Deno.test("FINDINGS keeps its codes and how grave they are", () => {
  const codes = Object.entries(FINDINGS).map(([code, { severity }]) => [code, severity]);
  assert.deepEqual(Object.fromEntries(codes), CODES);
});

Deno.test("FINDINGS says of each code what it means and what to do, in whole words", () => {
  for (const [code, { kind, about, fix }] of Object.entries(FINDINGS)) {
    assert(FILE_KINDS.includes(kind), code);
    assert(about.length > 20 && fix.length > 3, code);
    assert(!/[.!]$/.test(about) && !/[.!]$/.test(fix), `${code} ends without a full stop`);
  }
});

Deno.test("finding() takes severity and fix from the table unless they are given", () => {
  const place = { file: "store/checkpoint" };
  const plain = finding("checkpoint-missing", place, { message: "missing" });
  assert.deepEqual(plain, {
    kind: "finding",
    severity: "warning",
    code: "checkpoint-missing",
    file: "store/checkpoint",
    offset: 0,
    length: 0,
    message: "missing",
    fix: FINDINGS["checkpoint-missing"].fix,
  });
  const given = finding("queue-missing-units", {
    file: "store/consumequeue/T/1",
    offset: 40,
    length: 20,
    topic: "T",
    queueId: 1,
    queueOffset: 2,
  }, { message: "missing", severity: "info", fix: "start it" });
  assert.deepEqual([given.severity, given.fix], ["info", "start it"]);
  assert.deepEqual([given.topic, given.queueId, given.queueOffset], ["T", 1, 2]);
});
