import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { storePaths } from "../../store/names.ts";
import { listSegments } from "../../store/segments.ts";
import { recordBytes, sampleMessage, SmallLog } from "../../testdata/small_log.ts";
import { openStore, put, STORE_ROOT } from "../../testdata/open_store.ts";
import { between, randomOf } from "../../testdata/random.ts";
import { followLog } from "./follow.ts";

/** Follows a log; what happens between two looks is given, and after the last it stops. */
async function follow(
  log: SmallLog,
  steps: readonly (() => void)[],
  options: { readonly from?: number; readonly max?: number } = {},
) {
  const stop = new AbortController();
  const items: string[] = [];
  const skipped: number[][] = [];
  let step = 0;
  await followLog({
    files: log.files,
    list: () => listSegments(log.files, log.directory),
    from: options.from ?? 0,
    signal: stop.signal,
    take: (item) => {
      const { bytes, propertiesAt, propertiesLength } = item.record;
      const isWhole = !bytes.subarray(propertiesAt, propertiesAt + propertiesLength).includes(0);
      const message = `${item.record.queueOffset()}${isWhole ? "" : "!"}`;
      items.push(item.kind === "message" ? message : item.kind);
      return items.length < (options.max ?? Infinity);
    },
    skipped: (from, to) => skipped.push([from, to]),
    wait: () => {
      if (step < steps.length) steps[step++]!();
      else stop.abort();
      return Promise.resolve();
    },
  });
  return { items: items.join(" "), skipped, looks: step };
}

Deno.test("followLog gives what is there, then what comes, through rolls of files", async () => {
  const log = new SmallLog(1024).addMany(3);
  const { items } = await follow(log, [
    () => void log.add({ queueOffset: 3 }),
    () => {},
    () => {
      for (let nth = 4; nth < 12; nth++) log.add({ queueOffset: nth });
    },
    () => void log.addFile(log.end - log.end % 1024 + 1024),
    () => void log.add({ queueOffset: 12 }),
  ]);
  assert.equal(items.replaceAll("blank ", ""), "0 1 2 3 4 5 6 7 8 9 10 11 12");
  assert.equal(items.split("blank").length - 1, log.blanks.length);
});

Deno.test("followLog takes a record that is being written for none, byte by byte", async () => {
  const log = new SmallLog(4096).addMany(2);
  const at = log.end;
  const bytes = recordBytes(sampleMessage({ physicalOffset: at, queueOffset: 2 }));
  const steps = Array.from(bytes, (_, nth) => () => log.write(at, bytes.subarray(0, nth + 1)));
  const { items } = await follow(log, steps);
  assert.equal(items, "0 1 2");
});

Deno.test("followLog waits for the properties of a record, which have no checksum", async () => {
  const log = new SmallLog(4096).addMany(2);
  const at = log.end;
  const properties = "KEYS\u0001k\u0002no\u000117\u0002";
  const bytes = recordBytes(sampleMessage({ physicalOffset: at, queueOffset: 2, properties }));
  const steps = Array.from(bytes, (_, nth) => () => log.write(at, bytes.subarray(0, nth + 1)));
  assert.equal((await follow(log, [() => {}, ...steps])).items, "0 1 2");
  // Seen once with something behind it, it may be what was read in two parts.
  const torn = new SmallLog(4096).addMany(2);
  torn.add({ queueOffset: 2, properties });
  torn.add({ queueOffset: 3 });
  const { at: from, length } = torn.records[2]!;
  torn.files.zero(torn.path(from), from + length - properties.length, 3);
  const whole = () =>
    torn.write(
      from,
      recordBytes(sampleMessage({ physicalOffset: from, queueOffset: 2, properties })),
    );
  assert.match((await follow(torn, [whole])).items, /^0 1 2 /);
  torn.files.zero(torn.path(from), from + length - properties.length, 3);
  assert.match((await follow(torn, [() => {}, () => {}])).items, /^0 1 2! /);
});

Deno.test("followLog does not trust one look in which something sound stands behind damage", async () => {
  const log = new SmallLog(4096).addMany(5);
  log.flip(log.records[2]!.at + 90);
  const { items } = await follow(log, [() => log.flip(log.records[2]!.at + 90)]);
  assert.equal(items, "0 1 2 3 4");
});

Deno.test("followLog gives damage that stays, and goes on behind it", async () => {
  const log = new SmallLog(4096).addMany(5);
  log.flip(log.records[2]!.at + 90);
  const { items } = await follow(log, [() => {}, () => void log.add({ queueOffset: 5 })]);
  assert.equal(items, "0 1 damage 3 4 5");
});

Deno.test("followLog sees a hole of zeros once the next file is written", async () => {
  const log = new SmallLog(1024).addMany(14);
  const rest = log.records.findLastIndex((it) => it.at < 1024);
  log.files.zero(log.path(0), log.records[rest]!.at, 1024 - log.records[rest]!.at);
  const { items } = await follow(log, [() => {}]);
  assert.match(items, new RegExp(`^0 .*${rest - 1} damage ${rest + 1} `));
});

Deno.test("followLog says which files went away before they were read", async () => {
  const log = new SmallLog(1024).addMany(14);
  const { items, skipped } = await follow(log, [
    () => {
      for (let nth = 14; nth < 40; nth++) log.add({ queueOffset: nth });
      for (const start of [0, 1024, 2048]) log.files.remove(log.path(start));
    },
  ]);
  assert.deepEqual(skipped, [[log.records[13]!.at + log.records[13]!.length, 3072]]);
  assert.match(items, / 39$/);
});

Deno.test("followLog ends when no more is wanted, and at the signal", async () => {
  const log = new SmallLog(4096).addMany(5);
  assert.equal((await follow(log, [], { max: 3 })).items, "0 1 2");
  assert.equal((await follow(log, [() => {}])).looks, 1);
});

Deno.test("followLog waits for the first file", async () => {
  const log = new SmallLog(4096);
  const { items } = await follow(log, [() => {}, () => void log.add()]);
  assert.equal(items, "0");
});

Deno.test("followLog gives every message of an open store once, in order, while it writes", async () => {
  const seed = 7;
  const random = randomOf(seed);
  const files = new MemoryFiles();
  await using store = await openStore(files, { segmentBytes: 16_384 });
  const stop = new AbortController();
  const seen: number[] = [];
  const others: string[] = [];
  let written = 0;
  await followLog({
    files,
    list: () => listSegments(files, storePaths(STORE_ROOT).commitLogs),
    from: 0,
    signal: stop.signal,
    take: (item) => {
      if (item.kind === "message") seen.push(item.record.queueOffset());
      else others.push(item.flaw?.code ?? item.kind);
      return true;
    },
    skipped: () => assert.fail("nothing goes away"),
    wait: async () => {
      if (written >= 400) return stop.abort();
      const batch = Array.from({ length: between(random, 0, 12) }, () => {
        return put(store, { body: "x".repeat(between(random, 0, 3000)) });
      });
      written += batch.length;
      await Promise.all(batch);
    },
  });
  assert.deepEqual(seen, Array.from({ length: written }, (_, nth) => nth), `seed ${seed}`);
  assert(others.length > 10 && others.every((kind) => kind === "blank"), others.join(" "));
});
