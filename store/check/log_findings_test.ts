import { Buffer } from "node:buffer";
import {
  FIRST,
  LAST,
  LAST_IS_LOST,
  LOG,
  SECOND,
  SECOND_IS_LOST,
  testFindings,
  write,
} from "../../testdata/finding_cases.ts";
import { MESSAGE_V1 } from "../format.ts";
import { LOG_FINDINGS } from "./log_findings.ts";

const AT = MESSAGE_V1.at;

testFindings(LOG_FINDINGS, {
  "log-missing": {
    store: "4.9.7-b-kill-start-101",
    damage: (files) => {
      for (const name of files.list("store/commitlog")) files.remove(`store/commitlog/${name}`);
    },
    finds: [
      "error log-missing commitlog 0+0",
      ...[0, 1, 2, 3].map((queueId) => {
        const length = queueId === 1 ? 40 : 20;
        return `info queue-unit-behind-log consumequeue/T_plain/${queueId}/${FIRST} 0+${length}`;
      }),
      "warning index-entry-behind-log index/20261121093128910 460+280",
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
  "log-misnamed-file": {
    damage: (files) => {
      files.rename("store/commitlog/00000000000000131072", "store/commitlog/00000000000000131073");
    },
    finds: [
      "error log-misnamed-file commitlog/00000000000000131073 0+65536",
      "error log-missing-file commitlog/00000000000000131072 131072+65536",
      `error queue-unit-dangling consumequeue/T_big/0/${FIRST} 0+180`,
      "warning index-entry-dangling index/20261121091602745 3420+540",
    ],
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
  "log-light-queues": {
    store: "5.5.0-e-lmq-102",
    // The comma between the indexes of the first record.
    damage: (files) => {
      const properties = Buffer.from(files.snapshot().get(LOG)!.subarray(0, 342));
      write(files, LOG, properties.indexOf("0,0\u0002") + 1, Buffer.from(";"));
    },
    finds: [
      `error log-light-queues commitlog/${FIRST} 0+342`,
      // Nothing says any more that they are right.
      `error queue-unit-mismatch consumequeue/%LMQ%all/0/${FIRST} 0+20`,
      `error queue-unit-mismatch consumequeue/%LMQ%dev0/0/${FIRST} 0+20`,
    ],
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
  "log-stale-records": {
    // What stands behind a bad record was stored a second earlier than what stands before it.
    damage: (files) => {
      files.flip(LOG, SECOND + AT.magic);
      const bytes = files.snapshot().get(LOG)!;
      const at = 56; // Store time, behind an IPv4 address.
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const earlier = new DataView(new ArrayBuffer(8));
      earlier.setBigInt64(0, view.getBigInt64(at) - 1n);
      write(files, LOG, 637 + at, new Uint8Array(earlier.buffer));
    },
    finds: [
      `error log-bad-record commitlog/${FIRST} 315+322`,
      ...SECOND_IS_LOST,
      `warning log-stale-records commitlog/${FIRST} 637+325`,
    ],
  },
  "log-topic-deleted": { finds: ["info log-topic-deleted commitlog 0+0"] },
}, ["log-missing", "log-missing-file", "log-stray-file", "log-misnamed-file", "log-wrong-length"]);
