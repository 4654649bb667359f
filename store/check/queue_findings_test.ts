import {
  BATCHES,
  EXPIRED,
  EXTENDED,
  FIRST,
  LOG,
  PLAIN_2,
  RETRY,
  SECOND,
  SECOND_IS_LOST,
  testFindings,
  unit,
  write,
} from "../../testdata/finding_cases.ts";
import { MESSAGE_V1, QUEUE_EXT_UNIT, QUEUE_PADDING, QUEUE_UNIT } from "../format.ts";
import { QUEUE_FINDINGS } from "./queue_findings.ts";

const AT = MESSAGE_V1.at;
const EXT = `store/consumequeue_ext/T_plain/0/${FIRST}`;

testFindings(QUEUE_FINDINGS, {
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
  "queue-empty-last-file": {
    damage: (files) => files.put(`${RETRY.slice(0, -4)}1200`, new Uint8Array(1200)),
    finds: ["warning queue-empty-last-file consumequeue/T_retry/0/00000000000000001200 0+1200"],
  },
  "queue-ends-in-padding": {
    damage: (files) => {
      const path = `store/consumequeue/T_old/0/${FIRST}`;
      files.put(path, new Uint8Array(1200));
      for (let at = 0; at < 200; at += QUEUE_UNIT.size) write(files, path, at, unit(QUEUE_PADDING));
    },
    finds: [`warning queue-ends-in-padding consumequeue/T_old/0/${FIRST} 0+200`],
  },
  "queue-ext-dangling": {
    store: EXTENDED,
    damage: (files) => files.cut(EXT, 0),
    finds: [
      `error queue-wrong-length consumequeue_ext/T_plain/0/${FIRST} 0+0`,
      `warning queue-ext-dangling consumequeue/T_plain/0/${FIRST} 0+620`,
    ],
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
}, [
  "queue-stray-file",
  "queue-missing-file",
  "queue-wrong-length",
  "queue-wrong-kind",
  "queue-rocksdb",
  "queue-unit-behind-log",
  "queue-empty-last-file",
  "queue-ends-in-padding",
]);
