import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { diskFiles } from "../../store/file_disk.ts";
import type { FileSystem } from "../../store/file.ts";
import { QUEUE_UNIT } from "../../store/format.ts";
import { offsetName, storePaths } from "../../store/names.ts";
import { QueueTrees } from "../../store/queue_reader.ts";
import { listSegments } from "../../store/segments.ts";
import type { FoundQueue } from "./queue_place.ts";
import { QueueWatch } from "./queue_watch.ts";

const UNIT = QUEUE_UNIT.size;
const FILE_UNITS = 4;

/** Queues on a disk, with files of full length that are written into as a broker does. */
class Queues implements Disposable {
  readonly root: string = fs.mkdtempSync(join(os.tmpdir(), "mq-watch-"));
  /** Calls of each method of the files. */
  readonly calls: Record<string, number> = {};
  readonly seen = new Map<string, number>();
  readonly watch: QueueWatch;

  constructor() {
    const trees = () => new QueueTrees(diskFiles, storePaths(this.root));
    this.watch = new QueueWatch({
      files: this.#counted(),
      unitBytes: UNIT,
      list: () =>
        [...trees().walk()].map(({ kind, topic, queueId, path }): FoundQueue => {
          const queue = { kind, topic, queueId, path };
          const segments = () => listSegments(diskFiles, path);
          const open = () => ({ ...queue, segments: segments(), extensions: segments() });
          return { ...queue, open };
        }),
      endOf: (path) => this.seen.get(path),
    });
  }

  folder(queue: string): string {
    return join(this.root, "consumequeue", queue);
  }

  put(queue: string, number: number): void {
    const start = number - number % FILE_UNITS;
    const path = join(this.folder(queue), offsetName(start * UNIT));
    fs.mkdirSync(this.folder(queue), { recursive: true });
    if (!fs.existsSync(path)) fs.writeFileSync(path, new Uint8Array(FILE_UNITS * UNIT));
    const bytes = new Uint8Array(UNIT);
    const unit = { physicalOffset: number * 100, size: 100, tagsCode: 0n };
    QUEUE_UNIT.write(new DataView(bytes.buffer), 0, unit);
    const file = diskFiles.openWrite(path);
    file.write(bytes, (number - start) * UNIT);
    file.close();
  }

  /** Queues that have grown, by their names; their units up to `ends` are seen then. */
  look(ends: Readonly<Record<string, number>> = {}): string[] {
    const grown = [...this.watch.grown()].map((it) => `${it.topic}/${it.queueId}`);
    for (const [queue, end] of Object.entries(ends)) this.seen.set(this.folder(queue), end);
    return grown;
  }

  [Symbol.dispose](): void {
    this.watch[Symbol.dispose]();
    fs.rmSync(this.root, { recursive: true });
  }

  #counted(): FileSystem {
    return new Proxy(diskFiles, {
      get: (files, name: keyof FileSystem) => (...args: never[]) => {
        this.calls[name] = (this.calls[name] ?? 0) + 1;
        return (files[name] as (...args: never[]) => unknown).apply(files, args);
      },
    });
  }
}

Deno.test("QueueWatch.grown() names the queues that got a unit, into the next file, too", () => {
  using queues = new Queues();
  queues.put("T/0", 0);
  queues.put("T/1", 0);
  assert.deepEqual(queues.look({ "T/0": 1, "T/1": 1 }), ["T/0", "T/1"]);
  assert.deepEqual(queues.look(), []);
  for (const number of [1, 2, 3]) queues.put("T/1", number);
  assert.deepEqual(queues.look({ "T/1": 4 }), ["T/1"]);
  assert.deepEqual(queues.look(), []);
  queues.put("T/1", 4);
  assert.deepEqual(queues.look({ "T/1": 5 }), ["T/1"]);
  assert.deepEqual(queues.look(), []);
});

Deno.test("QueueWatch.grown() finds queues and topics that are new", () => {
  using queues = new Queues();
  assert.deepEqual(queues.look(), []);
  queues.put("T/0", 0);
  assert.deepEqual(queues.look({ "T/0": 1 }), ["T/0"]);
  for (const queue of ["T/1", "U/0"]) {
    queues.put(queue, 0);
    // Two changes of a folder within a tick of the clock are one to it.
    const found = Array.from({ length: 16 }, () => queues.look()).flat();
    assert(found.includes(queue), queue);
    queues.look({ [queue]: 1 });
  }
});

Deno.test("QueueWatch.grown() lists and opens nothing where nothing is new", () => {
  using queues = new Queues();
  for (let queue = 0; queue < 20; queue++) queues.put(`T/${queue}`, 0);
  const ends = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`T/${at}`, 1]));
  queues.look(ends);
  queues.look();
  const before = { ...queues.calls };
  for (let looks = 0; looks < 10; looks++) assert.deepEqual(queues.look(), []);
  assert.equal(queues.calls.list, before.list);
  assert.equal(queues.calls.openRead, before.openRead);
  // The folder of the topic, and that of all topics.
  assert.equal(queues.calls.stat! - before.stat!, 10 * 2);
});

Deno.test("QueueWatch.grown() goes on where the files it had read were deleted", () => {
  using queues = new Queues();
  queues.put("T/0", 0);
  queues.look({ "T/0": 1 });
  queues.put("T/0", 8);
  fs.rmSync(join(queues.folder("T/0"), offsetName(0)));
  const found = Array.from({ length: 16 }, () => queues.look()).flat();
  assert(found.includes("T/0"));
});
