import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { storePaths } from "../../store/names.ts";
import { mountStore, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import type { QueueKind } from "../../store/queue_reader.ts";
import { namesOf, queuesAt, type QueueWish, storeQueues, toldNames } from "./queue_place.ts";

function fixture(name: string) {
  const files = new MemoryFiles();
  mountStore(files, "s", { name });
  const find = (path: string, kind: QueueKind = "simple", wish: Omit<QueueWish, "kind"> = {}) =>
    queuesAt(recordedTerminal({ files }).terminal, path, { kind, ...wish });
  const at = (...wish: Parameters<typeof find>) =>
    [...find(...wish).places].map((it) => `${it.kind} ${it.topic}/${it.queueId}`);
  return { files, find, at };
}

Deno.test("queuesAt() finds queues from a store down to one file", () => {
  const { at, find } = fixture("5.5.0-e-bcq-102");
  const tags = ["simple T_tags/0", "simple T_tags/1", "simple T_tags/2"];
  const batch = ["batch T_bcq/0", "batch T_bcq/1"];
  assert(at("s").includes(tags[0]!) && !at("s").includes(batch[1]!));
  assert.deepEqual([...find("s").otherTopics], ["T_bcq"]);
  assert.deepEqual(at("s", "batch"), batch);
  assert(find("s", "batch").otherTopics.has("T_tags"));
  assert(!at("s/consumequeue").includes(batch[0]!));
  assert.deepEqual(at("s/batchconsumequeue", "batch"), batch);
  assert.deepEqual(at("s/batchconsumequeue/T_bcq", "batch"), batch);
  assert.deepEqual(at("s/consumequeue/T_tags"), tags);
  assert.deepEqual(at("s/consumequeue/T_tags/1"), [tags[1]]);
  assert.deepEqual(at("s/consumequeue/T_tags/1/00000000000000000000"), [tags[1]]);
});

Deno.test("queuesAt() reads a folder apart from its store as it is told", () => {
  const { files, at } = fixture("5.5.0-e-bcq-102");
  const unit = files.snapshot().get("s/batchconsumequeue/T_bcq/0/00000000000000000000")!;
  files.put("saved/Q/3/00000000000000000000", unit);
  assert.deepEqual(at("saved/Q/3"), ["simple Q/3"]);
  assert.deepEqual(at("saved/Q", "batch"), ["batch Q/3"]);
});

Deno.test("queuesAt() finds the queues asked for, wherever it looks", () => {
  const { at, find } = fixture("5.5.0-e-bcq-102");
  for (const path of ["s", "s/consumequeue", "s/consumequeue/T_tags"]) {
    const tags = at(path, "simple", { topic: "T_tags", queue: 1 });
    assert.deepEqual(tags, ["simple T_tags/1"], path);
    assert.deepEqual(at(path, "simple", { topic: "T_tags", queue: 9 }), [], path);
    assert.deepEqual(at(path, "simple", { topic: "../consumequeue/T_tags" }), [], path);
  }
  assert.deepEqual([...find("s", "simple", { topic: "T_tags" }).otherTopics], []);
});

Deno.test("queuesAt() lists the files of no queue before it is opened", () => {
  const { files } = fixture("5.5.0-a-clean-102");
  let listed = 0;
  const counting = new Proxy(files, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (name === "list" && String(args[0]).includes("consumequeue/")) listed++;
        return value.apply(target, args);
      };
    },
  });
  const { places } = queuesAt(recordedTerminal({ files: counting }).terminal, "s", {
    kind: "simple",
  });
  assert.equal(listed, 0);
  const [first] = places;
  assert.equal(listed, 1);
  assert(first!.open().segments.segments.length > 0);
});

Deno.test("queuesAt() finds the extension files of a queue", () => {
  const { files } = fixture("5.5.0-e-cqext-102");
  const { terminal } = recordedTerminal({ files });
  const [queue] = queuesAt(terminal, "s/consumequeue/T_tags/2", { kind: "simple" }).places;
  assert.equal(queue!.open().extensions.segments.length, 1);
});

Deno.test("queuesAt() says what a path holds that holds no queue", () => {
  const { files, at } = fixture("5.5.0-e-bcq-102");
  assert.throws(() => at("s/index"), /is no consume queue but a part of the store "s"/);
  assert.throws(() => at("s/checkpoint"), /it is a checkpoint/);
  const path = "s/batchconsumequeue/T_bcq";
  assert.throws(() => at(path), /is no consume queue but a batch consume queue: mq inspect batch/);
  files.remove("s/consumequeue");
  assert.deepEqual(at("s"), []);
  files.remove("s/batchconsumequeue");
  assert.throws(() => at("s"), /Store "s" has no consume queue/);
});

Deno.test("queuesAt() tells where the log of the queues is, wherever they were named", () => {
  const { files, find } = fixture("5.5.0-a-clean-102");
  for (const path of ["s", "s/consumequeue", "s/consumequeue/T_tags", "s/consumequeue/T_tags/1"]) {
    assert.deepEqual(find(path).commitLogs, ["s/commitlog"]);
  }
  const terminal = {
    ...recordedTerminal({ files }).terminal,
    commitLogPath: "s/commitlog,s/index",
  };
  const found = queuesAt(terminal, "s/consumequeue/T_tags/1", { kind: "simple" });
  assert.deepEqual(found.commitLogs, ["s/commitlog", "s/index"]);
});

Deno.test("storeQueues() refuses queues in RocksDB", () => {
  const { files } = fixture("5.5.0-e-rocksdb-102");
  assert.throws(() => storeQueues(files, storePaths("s")), /in RocksDB, which mq does not read/);
});

Deno.test("namesOf() believes what a queue's folder says, and invents nothing", () => {
  assert.deepEqual(toldNames(namesOf("/s/consumequeue/T/3")), { topic: "T", queueId: 3 });
  assert.deepEqual(toldNames(namesOf("/saved/T/3")), { topic: "T", queueId: 3 });
  assert.deepEqual(toldNames(namesOf("/saved/x")), {});
  assert.deepEqual(toldNames(namesOf("/s/consumequeue/T/07")), {});
  assert.deepEqual(toldNames(namesOf("/s/consumequeue/3")), {}, "a topic's folder");
  assert.deepEqual(toldNames(namesOf("/s/consumequeue/T/3/4")), {});
});

Deno.test("queuesAt() reads a lone file without inventing its queue, whatever its name", () => {
  const { files } = fixture("5.5.0-a-clean-102");
  const units = files.snapshot().get("s/consumequeue/T_tags/1/00000000000000000000")!;
  files.put("saved/x/00000000000000000000", units);
  files.put("saved/x/units.bak", units);
  files.put("saved/x/notes", new TextEncoder().encode("twenty characters!!!"));
  const { terminal, printed } = recordedTerminal({ files });
  for (const name of ["00000000000000000000", "units.bak"]) {
    const [queue] = queuesAt(terminal, `saved/x/${name}`, { kind: "simple" }).places;
    assert.deepEqual(toldNames(queue!), {});
    assert.equal(queue!.open().segments.segments[0]!.start, 0);
  }
  assert.match(printed().stderr, /units\.bak" has not the name of a queue file: .* from 0/);
  assert.throws(() => queuesAt(terminal, "saved/x/notes", { kind: "simple" }), /is a text file/);
});
