/**
 * Walks the extension files of a queue unit by unit, as a Java broker does when it starts: the first
 * that is none ends its file, and what stands behind it is lost. Whether a unit agrees with its
 * record is seen where the queue's own unit leads to it.
 *
 * The bit maps are taken as they are: which groups' filters let a message pass cannot be told from
 * the log.
 *
 * @module
 */
import { basename, join } from "node:path";
import { extFileBytes, listQueueExtFiles } from "../queue_ext_files.ts";
import { QueueExtReader } from "../queue_ext_reader.ts";
import { listSegments, type SegmentList } from "../segments.ts";
import { finding } from "./findings.ts";
import type { QueuePlace } from "./queue_place.ts";
import type { StoreState } from "./store_state.ts";

/** The extension files of a queue; most queues have none. */
export function listQueueExt({ context, topic, queueId }: QueuePlace): SegmentList {
  const { fs, paths } = context.state;
  const files = listSegments(fs, join(paths.consumeQueueExt, topic, String(queueId)));
  return files.segments.length + files.strays.length === 0 ? NO_FILES : files;
}

/** One list for all queues without extension files, which are almost all. */
const NO_FILES: SegmentList = { segments: [], strays: [], segmentBytes: 0 };

/** By store the topics with a folder for extensions. */
const extTopics = new WeakMap<StoreState, ReadonlySet<string>>();

/**
 * Whether a queue had extension files when the first queue was asked for: a folder that is not there
 * costs as much to look for as a file to read.
 */
export function mayHaveExt({ context: { state }, topic }: QueuePlace): boolean {
  let topics = extTopics.get(state);
  if (topics === undefined) {
    extTopics.set(state, topics = new Set(state.fs.list(state.paths.consumeQueueExt)));
  }
  return topics.has(topic);
}

/** By store how long extension files are. */
const extBytes = new WeakMap<StoreState, number>();

function usualBytes(state: StoreState): number {
  let bytes = extBytes.get(state);
  if (bytes === undefined) {
    bytes = extFileBytes(listQueueExtFiles(state.fs, state.paths));
    extBytes.set(state, bytes);
  }
  return bytes;
}

/** A Java broker asks of these files what it asks of the queue's own. */
function checkFiles(place: QueuePlace, { segments, strays }: SegmentList): void {
  const { state, sink } = place.context;
  const { topic, queueId } = place;
  for (const file of strays) {
    const message = `"${basename(file)}" is no extension file of a queue`;
    sink(finding("queue-stray-file", { file, topic, queueId }, { message }));
  }
  const usual = usualBytes(state);
  // Of extensions whose queues were not begun yet, as where a broker was killed, nobody reads any.
  if (usual === 0) return;
  for (const { path: file, length } of segments) {
    if (length === usual) continue;
    const message = `file is ${length} bytes, the others are ${usual}`;
    sink(finding("queue-wrong-length", { file, length, topic, queueId }, { message }));
  }
}

/** Checks the files, and that units follow one another up to the end of each. */
export function checkQueueExt(place: QueuePlace, files: SegmentList): void {
  checkFiles(place, files);
  const { state, tally, sink } = place.context;
  const { topic, queueId } = place;
  const reader = new QueueExtReader(state.fs, files);
  try {
    for (const { at, flaw } of reader.units()) {
      if (flaw === undefined) continue;
      const segment = files.segments.find((it) => at >= it.start && at < it.start + it.length)!;
      const offset = at - segment.start;
      const range = { file: segment.path, offset, length: segment.length - offset };
      const message = `expected ${flaw.expected}, found ${flaw.found}`;
      sink(finding("queue-ext-bad-unit", { ...range, topic, queueId }, { message }));
    }
  } finally {
    reader.close();
  }
  for (const { length } of files.segments) tally.check("consumequeue_ext", length);
}
