/**
 * Messages out of a store.
 *
 * @module
 */
import { compressionOf } from "../../store/body.ts";
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import type { FileSystem } from "../../store/file.ts";
import { MESSAGE_V1 } from "../../store/format.ts";
import { parseProperties } from "../../store/properties.ts";
import { propertiesOf, topicOf } from "../../store/record_text.ts";
import type { RecordView } from "../../store/record_view.ts";
import type { SegmentList } from "../../store/segments.ts";
import type { LogRange } from "../reading/log_range.ts";
import type { SourceItem } from "./json_source.ts";
import type { ReplayMessage } from "./replay_message.ts";

/** Yields the sound records of a part of a log, and how much of it is damaged. */
export function* storeMessages(
  files: FileSystem,
  log: SegmentList,
  { from, to, first }: LogRange,
): Generator<SourceItem, void> {
  const scan = new CommitLogScan(files, log, { from, to });
  try {
    while (scan.next()) {
      if (scan.at + scan.length <= first) continue;
      if (scan.kind === "damage") yield { kind: "damage", bytes: scan.length };
      if (scan.kind === "message" && scan.at >= first) {
        yield { kind: "message", message: messageOf(scan.record) };
      }
    }
  } finally {
    scan.close();
  }
}

function messageOf(record: RecordView): ReplayMessage {
  const { bytes, view, at, bodyAt, bodyLength } = record;
  const sysFlag = record.sysFlag();
  return {
    position: record.physicalOffset(),
    topic: topicOf(record),
    queueId: record.queueId(),
    sysFlag,
    flag: view.getInt32(at + MESSAGE_V1.at.flag),
    bornTimestamp: record.bornTimestamp(),
    storeTimestamp: record.storeTimestamp(),
    properties: Object.fromEntries(parseProperties(propertiesOf(record))),
    body: bytes.slice(bodyAt, bodyAt + bodyLength),
    isCompressed: compressionOf(sysFlag) !== "none",
  };
}
