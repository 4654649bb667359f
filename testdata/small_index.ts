/**
 * Index files of a few entries for tests, written by the format tables after Java's rules
 * (`IndexFile.putKey`).
 *
 * @module
 */
import type { MemoryFiles } from "../store/file_memory.ts";
import { INDEX_ENTRY, INDEX_HEADER } from "../store/format.ts";
import { keyHash } from "../store/hash.ts";
import {
  entryPosition,
  indexFileBytes,
  type IndexGeometry,
  type IndexHeader,
  slotPosition,
} from "../store/index_geometry.ts";

/** One index file in memory. */
export class SmallIndex {
  readonly geometry: IndexGeometry;
  readonly view: DataView;
  readonly header: IndexHeader = {
    beginTimestamp: 0,
    endTimestamp: 0,
    beginPhyOffset: 0,
    endPhyOffset: 0,
    hashSlotCount: 0,
    indexCount: 1,
  };

  constructor(geometry: IndexGeometry) {
    this.geometry = geometry;
    this.view = new DataView(new ArrayBuffer(indexFileBytes(geometry)));
  }

  /** Enters one key of a record; false when the file is full. */
  put(
    key: { readonly topic: string; readonly key: string },
    record: { readonly physicalOffset: number; readonly storeTimestamp: number },
  ): boolean {
    const { header, view, geometry } = this;
    const number = header.indexCount;
    if (number >= geometry.entries) return false;
    if (number === 1) {
      header.beginPhyOffset = record.physicalOffset;
      header.beginTimestamp = record.storeTimestamp;
    }
    const hash = keyHash(key.topic, key.key);
    const slotAt = slotPosition(hash % geometry.slots);
    const prevIndex = view.getInt32(slotAt);
    INDEX_ENTRY.write(view, entryPosition(number, geometry), {
      keyHash: hash,
      physicalOffset: record.physicalOffset,
      secondsFromBegin: Math.trunc((record.storeTimestamp - header.beginTimestamp) / 1000),
      prevIndex,
    });
    view.setInt32(slotAt, number);
    if (prevIndex === 0) header.hashSlotCount++;
    header.indexCount++;
    header.endPhyOffset = record.physicalOffset;
    header.endTimestamp = record.storeTimestamp;
    return true;
  }

  /** Puts the file as it is now. */
  save(files: MemoryFiles, path: string): void {
    INDEX_HEADER.write(this.view, 0, this.header);
    files.put(path, new Uint8Array(this.view.buffer.slice(0)));
  }
}
