import {
  EXPIRED,
  FIRST,
  INDEX,
  INDEX_END,
  LAST,
  LAST_IS_LOST,
  LOG,
  SECOND,
  SECOND_IS_LOST,
  testFindings,
} from "../../testdata/finding_cases.ts";
import { INDEX_ENTRY, INDEX_HEADER, MESSAGE_V1 } from "../format.ts";
import { INDEX_FINDINGS } from "./index_findings.ts";

const AT = MESSAGE_V1.at;

testFindings(INDEX_FINDINGS, {
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
  "index-overlap": {
    damage: (files) => files.put(`${INDEX_END.slice(0, -1)}9`, files.snapshot().get(INDEX_END)!),
    finds: [
      "warning index-entry-dangling index/20261121091603449 460+4660",
      "warning index-overlap index/20261121091603449 16+8",
    ],
  },
  "index-missing-keys": {
    damage: (files) => files.remove(INDEX_END),
    finds: ["warning index-missing-keys index/20261121091603260 0+0"],
  },
}, ["index-stray-file", "index-wrong-length", "index-overlap"]);
