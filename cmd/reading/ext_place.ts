/**
 * Finds the consume queue extension files a command is to read: those of a store, of a topic, of one
 * queue, or one file.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import type { FileSystem } from "../../store/file.ts";
import { NAME, parseOffsetName, parseQueueId } from "../../store/names.ts";
import { listSegments, type SegmentList } from "../../store/segments.ts";
import { namesOf } from "./queue_place.ts";
import { notA, placeAt } from "./store_path.ts";
import type { Terminal } from "../terminal.ts";

const WANTED = "consume queue extension";

/** The extension files of one queue. */
export interface ExtPlace {
  readonly topic: string;
  readonly queueId: number;
  readonly extensions: SegmentList;
}

/** Finds extension files, sorted by topic and queue. Throws a failure when there can be none. */
export function extensionsAt(terminal: Terminal, argument: string | undefined): ExtPlace[] {
  const { files } = terminal;
  const place = placeAt(terminal, argument);
  const { path } = place;
  if (place.kind === "file") {
    const start = parseOffsetName(basename(path));
    if (start === undefined) throw notA(terminal, place, WANTED);
    const { size: length, allocatedBytes } = files.stat(path)!;
    const segment = { start, length, allocatedBytes, name: basename(path), path };
    const extensions = { segments: [segment], strays: [], segmentBytes: length };
    return [{ ...namesOf(dirname(path)), extensions }];
  }
  const places = place.kind === "store"
    ? treePlaces(files, place.paths.consumeQueueExt)
    : folderPlaces(files, path);
  if (places.length === 0) throw notA(terminal, place, WANTED);
  return places;
}

function folderPlaces(files: FileSystem, path: string): ExtPlace[] {
  if (basename(path) === NAME.consumeQueueExt) return treePlaces(files, path);
  const lone = listSegments(files, path);
  if (lone.segments.length > 0) return [{ ...namesOf(path), extensions: lone }];
  return topicPlaces(files, path);
}

function treePlaces(files: FileSystem, root: string): ExtPlace[] {
  return files.list(root).flatMap((topic) => topicPlaces(files, join(root, topic)));
}

function topicPlaces(files: FileSystem, path: string): ExtPlace[] {
  if (files.stat(path)?.isDirectory !== true) return [];
  const places = files.list(path).filter((name) => parseQueueId(name) !== undefined).map((name) => {
    const queue = join(path, name);
    return { ...namesOf(queue), extensions: listSegments(files, queue) };
  });
  return places.filter((it) => it.extensions.segments.length > 0)
    .sort((one, other) => one.queueId - other.queueId);
}
