/**
 * Every store that Java wrote, and what `mq verify` says about it: typed by hand from what was done to
 * the store (see `testdata/stores/README.md`) and what Java found in it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { hasTreeAfterJava, readTruth, storeInMemory, type Tree } from "../../testdata/fixture.ts";
import { STORE_CASES } from "../../testdata/store_cases.ts";
import { foundIn, verified } from "../../testdata/verified.ts";
import { BY_START } from "./findings.ts";

const UNIT_BYTES = 20;
const FIRST = "00000000000000000000";
const FIFTH = "00000000000000262144";
const LONG_TOPIC = `T_long_hijklmnopqrstuvwxyz${"abcdefghijklmnopqrstuvwxyz".repeat(3)}` +
  "abcdefghijklmnopqrstuvw";

const UNCLEAN = "info store-unclean abort 0+0";
/** Written before the broker deleted the topic: a fact, and no damage. */
const DELETED = "info log-topic-deleted commitlog 0+0";

/** A queue, its first unit concerned, and how many are. */
type Units = readonly [queue: string, from: number, count: number];

/** Findings about runs of units, in the first file of each queue. */
function units(what: string, ...queues: readonly Units[]): string[] {
  return queues.map(([queue, from, count]) => {
    const file = `consumequeue/${queue}/${FIRST}`;
    return `${what} ${file} ${from * UNIT_BYTES}+${count * UNIT_BYTES}`;
  });
}

/** Findings about the queues of a folder that is gone, in the order in which records come up. */
function noFiles(severity: string, ...queues: readonly (readonly [string, number])[]): string[] {
  return queues.map(([queue, count]) => {
    return `${severity} queue-missing-units consumequeue/${queue} 0+${count * UNIT_BYTES}`;
  });
}

/** The damage program zeroed four units of each queue, or all but one where there were fewer. */
const BEHIND: readonly Units[] = [
  ["SCHEDULE_TOPIC_XXXX/15", 3, 4],
  ["T_batch/0", 17, 4],
  ["T_batch/1", 17, 4],
  ["T_big/0", 6, 4],
  [`${LONG_TOPIC}/0`, 1, 4],
  ["T_plain/0", 49, 4],
  ["T_plain/1", 50, 4],
  ["T_plain/2", 50, 4],
  ["T_plain/3", 49, 4],
  ["T_tags/0", 52, 4],
  ["T_tags/1", 51, 4],
  ["T_tags/2", 52, 4],
];

/** All queues of the same run with their messages. */
const QUEUES = [
  ["T_plain/1", 54],
  ["T_plain/2", 54],
  ["T_plain/3", 53],
  ["T_plain/0", 53],
  ["T_tags/2", 56],
  ["T_tags/0", 56],
  ["T_tags/1", 55],
  [`${LONG_TOPIC}/0`, 5],
  ["T_batch/0", 21],
  ["T_batch/1", 21],
  ["T_big/0", 10],
  ["SCHEDULE_TOPIC_XXXX/15", 7],
] as const;

/** Java took the stop for a clean one and appended the last records to queues that were short. */
const APPENDED_TO_SHORT = [
  ["SCHEDULE_TOPIC_XXXX/15", 3, 1, 3],
  ["T_batch/0", 17, 2, 2],
  ["T_batch/1", 17, 1, 3],
  ["T_big/0", 6, 0, 4],
  [`${LONG_TOPIC}/0`, 1, 0, 4],
  ["T_plain/0", 49, 2, 2],
  ["T_plain/1", 50, 3, 1],
  ["T_plain/2", 50, 2, 2],
  ["T_plain/3", 49, 2, 2],
  ["T_tags/0", 52, 3, 1],
] as const;

function appendedToShort(): string[] {
  return APPENDED_TO_SHORT.flatMap(([queue, from, wrong, missing]) => [
    ...(wrong > 0 ? units("error queue-offset-mismatch", [queue, from, wrong]) : []),
    ...units("error queue-missing-units", [queue, from + wrong, missing]),
  ]);
}

/** Units of messages in the three files that the broker deleted, or somebody by hand. */
const BELOW = "info queue-unit-below-log";

const BY_HAND = [
  // Two of four index files speak of the deleted log files; their first 399 and 354 keys.
  "info index-entry-below-log index/20261121094155176 460+7980",
  "info index-entry-below-log index/20261121094156781 460+7080",
  ...units(
    BELOW,
    ["T_batch/0", 0, 19],
    ["T_batch/1", 0, 23],
    [`${LONG_TOPIC}/0`, 0, 9],
    ["T_order/0", 0, 5],
    ["T_order/1", 0, 5],
    ["T_plain/0", 0, 41],
    ["T_plain/1", 0, 40],
    ["T_plain/2", 0, 41],
    ["T_plain/3", 0, 41],
    ["T_tags/0", 0, 28],
    ["T_tags/1", 0, 29],
    ["T_tags/2", 0, 29],
  ),
];

const EXPIRED = [
  "info index-entry-below-log index/20261121095532795 460+3740",
  ...units(
    BELOW,
    ["T_batch/0", 0, 17],
    ["T_batch/1", 0, 12],
    [`${LONG_TOPIC}/0`, 0, 13],
    ["T_order/0", 0, 5],
    ["T_order/1", 0, 5],
    ["T_plain/1", 0, 59],
    ["T_plain/2", 0, 59],
    ["T_tags/0", 0, 41],
    ["T_tags/1", 0, 42],
    ["T_tags/2", 0, 42],
  ),
];

/**
 * The page from byte 12288 of the last file on is gone: of the record at 274254 the last 87 bytes, all
 * of them properties, and eight records behind it. Queues and index had been written further.
 */
const TORN_LOG = `error log-torn-properties commitlog/${FIFTH} 12288+87`;
const TORN_QUEUES = units(
  "info queue-unit-behind-log",
  ["T_batch/0", 20, 1],
  ["T_plain/0", 52, 1],
  ["T_plain/1", 53, 1],
  ["T_tags/0", 55, 1],
  ["T_tags/1", 53, 2],
  ["T_tags/2", 54, 2],
);

const FLIP_FIRST = [
  `error log-body-crc commitlog/${FIRST} 32324+466`,
  // Unique key, three keys, tag.
  "warning index-entry-dangling index/20261121095618985 4820+100",
  ...units("error queue-unit-dangling", ["T_plain/0", 10, 1]),
];

const FLIP_LAST = `error log-body-crc commitlog/${FIFTH} 8430+364`;
/** Unique key, one key, tag. */
const FLIP_LAST_INDEX = "warning index-entry-dangling index/20261121095622943 4680+60";
const FLIP_LAST_QUEUE = units("error queue-unit-dangling", ["T_plain/1", 50, 1]);

/** What is found; stores that are not here have nothing, or only that they were not stopped. */
const EXPECTED: Readonly<Record<string, Readonly<Partial<Record<Tree, readonly string[]>>>>> = {
  "4.2.0-a-clean-103": { recorded: [DELETED] },
  "4.9.7-a-clean-101": { recorded: [DELETED] },
  "5.5.0-a-clean-102": { recorded: [DELETED] },
  "4.9.7-d-byhand-101": { "recorded": BY_HAND, "after-java-recovery": BY_HAND },
  "5.5.0-d-expire-102": { "recorded": EXPIRED, "after-java-recovery": EXPIRED },
  "5.5.0-e-rocksdb-102": {
    recorded: [
      "info queue-rocksdb consumequeue 0+0",
      // Topics, groups and offsets are kept there, too.
      "info store-not-read config/consumerOffsets 0+0",
      "info store-not-read config/subscriptionGroups 0+0",
      "info store-not-read config/topics 0+0",
    ],
  },
  // Not stopped cleanly: the next start builds these again from the log.
  "5.5.0-c-damage-102-cqbehind": {
    recorded: [UNCLEAN, ...units("info queue-missing-units", ...BEHIND)],
  },
  "5.5.0-c-damage-102-nocq": { recorded: [UNCLEAN, ...noFiles("info", ...QUEUES)] },
  "5.5.0-c-damage-102-noindex": {
    recorded: [UNCLEAN, "info index-missing-keys index 0+0"],
  },
  // Seemingly stopped cleanly: nobody builds them again.
  "5.5.0-c-damage-102-noabort-cqbehind": {
    "recorded": units("error queue-missing-units", ...BEHIND),
    "after-java-recovery": appendedToShort(),
  },
  "5.5.0-c-damage-102-noabort-nocq": { recorded: noFiles("error", ...QUEUES) },
  "5.5.0-c-damage-102-nocheckpoint": {
    recorded: [UNCLEAN, "warning checkpoint-missing checkpoint 0+0"],
  },
  // Java refuses to load it and leaves it as it is.
  "5.5.0-c-damage-102-short": {
    "recorded": [UNCLEAN, `error log-wrong-length commitlog/${FIFTH} 0+32768`],
    "after-java-recovery": [UNCLEAN, `error log-wrong-length commitlog/${FIFTH} 0+32768`],
  },
  "5.5.0-c-damage-102-torn": {
    "recorded": [
      UNCLEAN,
      // Java serves the record whose last properties are gone; the next start of ours cuts it.
      `info log-torn-tail commitlog/${FIFTH} 12110+178`,
      ...TORN_QUEUES,
      ...units("info queue-unit-behind-log", ["T_plain/3", 52, 1]),
      // The record's keys and tag, then those of the eight that are gone.
      "warning index-entry-behind-log index/20261121095233801 5220+620",
    ],
    "after-java-recovery": [
      TORN_LOG,
      ...TORN_QUEUES,
      ...units("error queue-tags-mismatch", ["T_plain/3", 52, 1]),
    ],
  },
  "5.5.0-c-flip-102-first": {
    "recorded": [UNCLEAN, ...FLIP_FIRST],
    // Java cut the log at the flip, removed all other files, and left the old bytes everywhere.
    "after-java-recovery": [
      ...FLIP_FIRST,
      ...units(
        "info queue-unit-behind-log",
        ["T_plain/0", 21, 34],
        ["T_plain/1", 21, 33],
        ["T_plain/2", 21, 31],
        ["T_plain/3", 21, 34],
        ["T_tags/0", 14, 41],
        ["T_tags/1", 15, 41],
        ["T_tags/2", 15, 42],
      ),
      "warning index-entry-behind-log index/20261121095621372 1360+7080",
      "warning index-entry-behind-log index/20261121095622619 460+7980",
      "warning checkpoint-ahead checkpoint 16+8",
    ],
  },
  "5.5.0-c-flip-102-last": {
    "recorded": [UNCLEAN, FLIP_LAST, FLIP_LAST_INDEX, ...FLIP_LAST_QUEUE],
    // Java built the last index file again, up to the flip.
    "after-java-recovery": [
      FLIP_LAST,
      ...FLIP_LAST_QUEUE,
      "warning index-missing-keys index/20261121095630750 0+0",
    ],
  },
  "5.5.0-c-flip-102-last-noabort": {
    "recorded": [FLIP_LAST, FLIP_LAST_INDEX, ...FLIP_LAST_QUEUE],
    "after-java-recovery": [FLIP_LAST, FLIP_LAST_INDEX, ...FLIP_LAST_QUEUE],
  },
  // Killed before it asked its master for the topics.
  "5.5.0-f-ha-102-slave": { "recorded": ["info config-topic-unknown config/topics.json 0+0"] },
};

function treesOf(name: string): Tree[] {
  return hasTreeAfterJava(name) ? ["recorded", "after-java-recovery"] : ["recorded"];
}

function expectedOf(name: string, tree: Tree): readonly string[] {
  const isKilled = tree === "recorded" && /-[be]-.*kill/.test(name);
  return EXPECTED[name]?.[tree] ?? (isKilled ? [UNCLEAN] : []);
}

/** Queues in the order of their names: which is found first says nothing. */
function sorted(lines: readonly string[]): string[] {
  return lines.toSorted();
}

Deno.test("verifyStore() finds in every store that Java wrote what is wrong there, and no more", async () => {
  for (const { name } of STORE_CASES) {
    for (const tree of treesOf(name)) {
      const found = await foundIn(storeInMemory(name, tree));
      assert.deepEqual(sorted(found), sorted(expectedOf(name, tree)), `${name}, ${tree}`);
    }
  }
});

Deno.test("verifyStore() tells nothing but facts about stores that nobody damaged", async () => {
  for (const { name } of STORE_CASES.filter((it) => !/-c-(damage|flip)-/.test(it.name))) {
    for (const tree of treesOf(name)) {
      const { severities } = (await verified(storeInMemory(name, tree))).summary;
      assert.deepEqual([severities.error, severities.warning], [0, 0], `${name}, ${tree}`);
    }
  }
});

Deno.test("verifyStore() advises nothing where the next start does it", async () => {
  for (const name of ["cqbehind", "nocq", "noindex"]) {
    const { findings } = await verified(storeInMemory(`5.5.0-c-damage-102-${name}`));
    const missing = findings.filter((it) => it.code.includes("-missing-"));
    assert(missing.length > 0 && missing.every((it) => it.fix === BY_START), name);
  }
  const { findings } = await verified(storeInMemory("5.5.0-c-damage-102-noabort-nocq"));
  assert(findings.every((it) => it.fix === "mq recover --apply puts it right"));
});

Deno.test("verifyStore() finds as many messages missing as Java serves of the queues", () => {
  const { queues } = readTruth("5.5.0-c-damage-102-nocq");
  const served = queues.map((it) => [`${it.topic}/${it.queueId}`, it.maxOffset] as const);
  assert.deepEqual(new Map(served), new Map(QUEUES));
});

Deno.test("verifyStore() counts the records and units that Java reads", async () => {
  for (const { name, described, isRocksDb } of STORE_CASES) {
    if (described === undefined || isRocksDb || /-c-(damage|flip)-/.test(name)) continue;
    const truth = readTruth(name);
    const { summary } = await verified(storeInMemory(name, described));
    assert.equal(summary.messages, truth.log.length, name);
    assert.equal(summary.logStart, truth.minPhyOffset, name);
    assert.equal(summary.logEnd, truth.maxPhyOffset, name);
    const served = truth.queues.flatMap((queue) => queue.cq)
      .filter(([, physicalOffset]) => physicalOffset! >= truth.minPhyOffset);
    const padding = served.filter(([, , size]) => size === 0x7fffffff).length;
    assert.equal(summary.units, served.length - padding, name);
  }
});

Deno.test("verifyStore() finds the same with little memory and with much", async () => {
  for (const { name } of STORE_CASES) {
    for (const tree of treesOf(name)) {
      const expected = await foundIn(storeInMemory(name, tree));
      for (const pendingUnitsMax of [1, 2, 7, 100]) {
        const found = await foundIn(storeInMemory(name, tree), { pendingUnitsMax });
        assert.deepEqual(sorted(found), sorted(expected), `${name}, ${tree}, ${pendingUnitsMax}`);
      }
    }
  }
});
