import assert from "node:assert/strict";
import { ConsumeQueue } from "./consume_queue.ts";
import { MemoryFiles } from "./file_memory.ts";
import { readI64 } from "./layout.ts";
import { OpenFiles } from "./open_files.ts";
import { QueueExt } from "./queue_ext.ts";
import { extOffset, QueueExtReader } from "./queue_ext_reader.ts";
import { listSegments } from "./segments.ts";
import { QUEUE_EXT_ADDRESS_MAX, QUEUE_UNIT } from "./format.ts";

const FOLDER = "ext/T/0";
/** Three units without a bit map, and the tail. */
const FILE_BYTES = 64;
const NAMES = [0, 64, 128, 192, 256].map((start) => String(start).padStart(20, "0"));

/** A queue and its extension files. */
class Fixture {
  readonly fs = new MemoryFiles();
  readonly files = new OpenFiles(this.fs);
  readonly queue = new ConsumeQueue(this.files, {
    topic: "T",
    queueId: 0,
    directory: "queue/T/0",
    fileUnits: 100,
  });
  ext = this.open();

  open(fileBytes = FILE_BYTES): QueueExt {
    const { queue } = this;
    return this.ext = new QueueExt(this.files, { directory: FOLDER, fileBytes, queue });
  }

  /** Puts messages whose tags codes are their indexes. */
  put(count: number, bitMap = new Uint8Array(0)): void {
    for (let number = 0; number < count; number++) {
      const { end } = this.queue;
      const at = this.ext.put({ tagsCode: end, storeTimestamp: 1, bitMap })!;
      const address = { tagsCodeHigh: -0x8000_0000, tagsCodeLow: at };
      this.queue.adopt({ physicalOffset: end * 100, size: 100, ...address });
    }
  }

  /** Puts messages whose tags codes stand in the queue. */
  putPlain(count: number): void {
    for (let number = 0; number < count; number++) {
      const { end } = this.queue;
      this.queue.append(end, { physicalOffset: end * 100, size: 100, tagsCode: end });
    }
  }

  names(): string[] {
    return this.fs.list(FOLDER);
  }

  /** Tags codes of the units in the files. */
  codes(): number[] {
    const reader = new QueueExtReader(this.fs, listSegments(this.fs, FOLDER));
    const codes = [...reader.units()].map(({ unit }) => Number(unit?.tagsCode));
    reader.close();
    return codes;
  }

  /** What the queue leads to, index by index: the unit's tags code, or that there is none. */
  followed(): (number | undefined)[] {
    this.ext.write();
    const reader = new QueueExtReader(this.fs, listSegments(this.fs, FOLDER));
    const view = new DataView(new ArrayBuffer(QUEUE_UNIT.size));
    const codes: (number | undefined)[] = [];
    for (let index = this.queue.min; index < this.queue.end; index++) {
      this.queue.read(index, new Uint8Array(view.buffer));
      const at = QUEUE_UNIT.at.tagsCode;
      const isAddress = view.getBigInt64(at) <= QUEUE_EXT_ADDRESS_MAX;
      const { unit } = isAddress
        ? reader.read(extOffset(view.getInt32(at), view.getInt32(at + 4)))
        : { unit: { tagsCode: readI64(view, at) } };
      codes.push(unit === undefined ? undefined : Number(unit.tagsCode));
    }
    reader.close();
    return codes;
  }
}

Deno.test("QueueExt.put() rolls where a unit and four bytes do not fit, as units grow", () => {
  const it = new Fixture();
  it.put(2);
  it.put(1, new Uint8Array(1));
  it.ext.write();
  assert.deepEqual(it.names(), NAMES.slice(0, 2));
  assert.deepEqual(it.followed(), [0, 1, 2]);
  it.put(1, new Uint8Array(19));
  it.put(2);
  assert.deepEqual(it.followed(), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(it.names(), NAMES.slice(0, 3));
});

Deno.test("QueueExt.put() takes the largest unit a file has room for, and none beyond", () => {
  const it = new Fixture();
  const put = (bytes: number) => {
    return it.ext.put({ tagsCode: 1, storeTimestamp: 1, bitMap: new Uint8Array(bytes) });
  };
  assert.equal(put(FILE_BYTES - 4 - 20), 0);
  assert.equal(put(FILE_BYTES - 4 - 20 + 1), undefined);
  assert.equal(put(0), FILE_BYTES);
  it.open(1 << 20);
  // The size field is signed.
  assert.equal(put(32_767 - 20), 0);
  assert.equal(put(32_767 - 20 + 1), undefined);
});

Deno.test("QueueExt ends where its queue does: files and units behind that are gone", async () => {
  const it = new Fixture();
  it.put(11);
  await it.ext.sync();
  assert.deepEqual(it.names(), NAMES.slice(0, 4));
  it.queue.truncate(5);
  it.open();
  await it.ext.sync();
  assert.deepEqual(it.names(), NAMES.slice(0, 2));
  assert.deepEqual(it.codes(), [0, 1, 2, 3, 4]);
  it.put(3);
  assert.deepEqual(it.followed(), [0, 1, 2, 3, 4, 5, 6, 7]);
  await it.ext.sync();
  assert.equal(it.ext.unsynced, false);
});

Deno.test("QueueExt goes on behind the last unit that is led to, where later ones are not", async () => {
  const it = new Fixture();
  it.put(4);
  await it.ext.sync();
  it.queue.truncate(3);
  it.putPlain(6000);
  it.open();
  it.put(2);
  assert.deepEqual(it.names(), [NAMES[0]!]);
  assert.deepEqual(it.followed().slice(-3), [6002, 6003, 6004]);
  assert.deepEqual(it.codes(), [0, 1, 2, 6003, 6004]);
});

Deno.test("QueueExt leaves files alone to which nothing leads, and begins a new one", async () => {
  const it = new Fixture();
  it.put(4);
  await it.ext.sync();
  it.queue.truncate(0);
  it.open();
  it.put(1);
  assert.deepEqual(it.followed(), [0]);
  assert.deepEqual(it.names(), NAMES.slice(0, 3));
});

Deno.test("QueueExt.dropExpiredFiles() removes what ends before the first unit led to", async () => {
  const it = new Fixture();
  it.put(11);
  await it.ext.sync();
  assert.equal(it.ext.dropExpiredFiles(), 0);
  for (const [logStart, left] of [[200, 4], [300, 3], [500, 3], [600, 2], [899, 1]] as const) {
    it.queue.correctMin(logStart);
    it.ext.dropExpiredFiles();
    assert.deepEqual(it.names(), NAMES.slice(4 - left, 4), `log from ${logStart}`);
    const { min, end } = it.queue;
    assert.deepEqual(it.followed(), Array.from({ length: end - min }, (_, at) => min + at));
  }
  it.queue.correctMin(1e9);
  assert.equal(it.ext.dropExpiredFiles(), 0, "the last file stays");
  await it.ext.sync();
  it.put(2);
  assert.deepEqual(it.followed(), [11, 12]);
});

Deno.test("QueueExt.dropExpiredFiles() looks behind units that hold their code themselves", async () => {
  const it = new Fixture();
  it.put(7);
  it.putPlain(5000);
  it.put(3);
  await it.ext.sync();
  assert.deepEqual(it.names(), NAMES.slice(0, 4));
  it.queue.correctMin(700);
  assert.equal(it.ext.dropExpiredFiles(), 2);
  assert.deepEqual(it.names(), NAMES.slice(2, 4));
  it.queue.correctMin(1e9);
  assert.equal(it.ext.dropExpiredFiles(), 1);
});

Deno.test("QueueExt: files opened again expire as those just written", async () => {
  const it = new Fixture();
  it.put(11);
  await it.ext.sync();
  it.queue.correctMin(650);
  it.open(4096);
  assert.equal(it.ext.dropExpiredFiles(), 2);
  assert.deepEqual(it.names(), NAMES.slice(2, 4));
});
