import { FIRST, LOG, putText, RETRY, testFindings, write } from "../../testdata/finding_cases.ts";
import { CHECKPOINT } from "../format.ts";
import { STORE_FINDINGS } from "./store_findings.ts";

const STARTS_LATE = [
  "info store-unclean abort 0+0",
  // mq begins at the first file and puts them back; Java 5.x begins at the third.
  "info queue-missing-units consumequeue/T_gone/0 0+120",
  "info queue-missing-units consumequeue/T_gone/1 0+120",
  `info queue-missing-units consumequeue/T_retry/0/${FIRST} 100+20`,
  "error checkpoint-starts-late checkpoint 0+0",
];

testFindings(STORE_FINDINGS, {
  "store-unclean": {
    damage: (files) => files.put("store/abort", new Uint8Array(0)),
    finds: [
      "info store-unclean abort 0+0",
      // The checkpoint says nothing of queues: a start brings back what was deleted.
      "info queue-missing-units consumequeue/T_gone/0 0+120",
      "info queue-missing-units consumequeue/T_gone/1 0+120",
    ],
  },
  "store-not-read": {
    damage: (files) => files.put("store/tiered_index_file/0", new Uint8Array(100)),
    finds: ["info store-not-read tiered_index_file 0+0"],
  },
  "store-unreadable": {
    damage: (files) => files.breakRange(LOG, 8192, 8192 + 512),
    finds: [
      "error store-unreadable commitlog/00000000000000000000 8192+4096",
      `error log-bad-record commitlog/${FIRST} 8157+4358`,
      "warning index-entry-dangling index/20261121091601736 1740+420",
      ...[0, 1, 2, 3].map((it) =>
        `error queue-unit-dangling consumequeue/T_plain/${it}/${FIRST} 40+20`
      ),
      `error queue-unit-dangling consumequeue/T_tags/0/${FIRST} 40+20`,
      `error queue-unit-dangling consumequeue/T_tags/1/${FIRST} 20+20`,
      `error queue-unit-dangling consumequeue/T_tags/2/${FIRST} 20+20`,
    ],
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
  "checkpoint-starts-late": {
    // A checkpoint as 4.x and 5.x stamp it: ahead of units that never reached the disk.
    damage: (files) => {
      files.put("store/abort", new Uint8Array(0));
      const view = new DataView(new ArrayBuffer(8));
      view.setBigInt64(0, 1_795_252_563_000n);
      const at = CHECKPOINT.at;
      for (const field of [at.physicMsgTimestamp, at.logicsMsgTimestamp]) {
        write(files, "store/checkpoint", field, new Uint8Array(view.buffer));
      }
      files.zero(RETRY, 100, 20);
    },
    finds: STARTS_LATE,
  },
  "epoch-unreadable": {
    damage: (files) => putText(files, "store/epochFileCheckpoint", "2\n0\n1-0\n"),
    finds: ["error epoch-unreadable epochFileCheckpoint 0+8"],
  },
  "epoch-ahead": {
    damage: (files) => putText(files, "store/epochFileCheckpoint", "2\n0\n1-0\n3-1073741824\n"),
    finds: ["warning epoch-ahead epochFileCheckpoint 0+0"],
  },
  "queueends-stale": {
    damage: (files) => files.put("store/queueends", new Uint8Array(64)),
    finds: ["info queueends-stale queueends 0+64"],
  },
}, [
  "store-unclean",
  "store-not-read",
  "store-unreadable",
  "checkpoint-missing",
  "checkpoint-wrong-length",
  "epoch-unreadable",
  "queueends-stale",
]);
