import assert from "node:assert/strict";
import {
  type ProofCount,
  proveInTurns,
  proveLate,
  proveNothing,
} from "../../testdata/elsewhere.ts";
import { hasTreeAfterJava, storeInMemory } from "../../testdata/fixture.ts";
import { between, oneOf, randomOf } from "../../testdata/random.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { STORE_CASES } from "../../testdata/store_cases.ts";
import { brief, verified } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";
import type { VerifyOptions } from "./verify.ts";

const SEED = 20_261_121;
const PIECES = [1_000, 20_000, 65_536, 10_000_000];

/** A verification as one text: every finding in its order, and the summary. */
async function told(files: MemoryFiles, options: VerifyOptions): Promise<string> {
  const { findings, summary } = await verified(files, options);
  return [...findings, summary].map((it) => JSON.stringify(it)).join("\n");
}

/** As {@linkcode told}, with the findings sorted: the order may be another where nothing is proven. */
async function toldSorted(files: MemoryFiles, options: VerifyOptions): Promise<string> {
  return (await told(files, options)).split("\n").sort().join("\n");
}

/** Nobody's proofs change what is told; and what needs no look at every record is not told otherwise. */
async function isToldAlike(files: MemoryFiles, pieceBytes: number, what: string): Promise<void> {
  const alone = await told(files, { pieceBytes });
  for (const provers of [1, 2, 4]) {
    const together = await told(files, { pieceBytes, proveElsewhere: proveInTurns(provers) });
    assert.equal(together, alone, `${what}, ${provers} provers`);
  }
  const late = await told(files, { pieceBytes, proveElsewhere: proveLate(5) });
  assert.equal(late, alone, `${what}, a prover that is late`);
  const oneByOne = await toldSorted(files, { pieceBytes, proveElsewhere: proveNothing });
  assert.equal(alone.split("\n").sort().join("\n"), oneByOne, `${what}, record by record`);
}

Deno.test("verifyStore() says the same of Java's stores whoever proves what, in pieces of any length", async () => {
  for (const { name } of STORE_CASES) {
    const trees = hasTreeAfterJava(name)
      ? ["recorded", "after-java-recovery"] as const
      : ["recorded"] as const;
    for (const [number, tree] of trees.entries()) {
      const pieceBytes = PIECES[(name.length + number) % PIECES.length]!;
      await isToldAlike(storeInMemory(name, tree), pieceBytes, `${name} ${tree} ${pieceBytes}`);
    }
  }
});

Deno.test("verifyStore() proves pieces ahead while it waits for one", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const given: number[] = [];
  await told(files, { pieceBytes: 20_000, proveElsewhere: proveLate(4, given) });
  assert.deepEqual(given, [2, 3, 4, 5]);
});

Deno.test("verifyStore() says the same of damaged stores whoever proves what", async () => {
  const random = randomOf(SEED);
  const names = ["5.5.0-a-clean-102", "4.2.0-a-clean-103", "5.5.0-c-flip-102-first"];
  for (let nth = 0; nth < 40; nth++) {
    const name = oneOf(random, names);
    const files = storeInMemory(name);
    const paths = [...files.snapshot()].filter(([path, bytes]) => {
      return bytes.length > 0 && /commitlog|consumequeue|index/.test(path);
    });
    const done: string[] = [];
    for (let wound = between(random, 1, 3); wound > 0; wound--) {
      const [path, bytes] = oneOf(random, paths);
      const size = files.stat(path)?.size ?? 0;
      if (size === 0) continue;
      // Most files are mostly room: what is damaged should be in use.
      const used = bytes.findLastIndex((it) => it !== 0) + 1;
      const at = between(random, 0, Math.max(0, Math.min(size, used) - 1));
      const how = oneOf(random, ["flip", "zero", "cut", "remove"] as const);
      done.push(`${how} ${path} ${at}`);
      if (how === "flip") files.flip(path, at, 1 << between(random, 0, 7));
      else if (how === "zero") files.zero(path, at, Math.min(between(random, 1, 300), size - at));
      else if (how === "cut") files.cut(path, at);
      else files.remove(path);
    }
    const pieceBytes = oneOf(random, PIECES);
    await isToldAlike(
      files,
      pieceBytes,
      `seed ${SEED}, ${name}, ${pieceBytes}: ${done.join(", ")}`,
    );
  }
});

/** Pieces proven of a store, and what was found. */
async function counted(files: MemoryFiles, pieceBytes: number) {
  const count: ProofCount = { pieces: 0, proven: 0 };
  const options = { pieceBytes, proveElsewhere: proveInTurns(2, count) };
  const { findings } = await verified(files, options);
  return { ...count, found: findings.map(brief) };
}

Deno.test("FullCheck takes over every piece of a sound store", async () => {
  const store = new SmallStore({ segmentBytes: 4096, fileUnits: 10 });
  for (let nth = 0; nth < 300; nth++) {
    store.add({
      topic: `Topic${nth % 3}`,
      queueId: nth % 4,
      properties: `TAGS\u0001t${nth % 5}\u0002`,
    });
  }
  const { pieces, proven, found } = await counted(store.save().files, 1000);
  assert.deepEqual(found, []);
  assert(pieces > 30 && proven === pieces, `${proven} of ${pieces}`);
});

Deno.test("FullCheck looks again at no piece but the damaged one and the one it leads into", async () => {
  const store = new SmallStore({ segmentBytes: 4096, fileUnits: 400 }).addMany(300);
  const { files } = store.save();
  files.flip("store/commitlog/00000000000000008192", 100);
  const { pieces, proven, found } = await counted(files, 1000);
  assert.equal(found.length, 2, found.join());
  assert(pieces - proven <= 2, `${proven} of ${pieces}`);
});

Deno.test("FullCheck tells of units before the first record of a queue, and goes on with proofs", async () => {
  const store = new SmallStore({ segmentBytes: 4096, logStart: 8192, fileUnits: 400 });
  store.queue().end = 5;
  for (let index = 0; index < 5; index++) {
    store.queue().queue.put(index, { physicalOffset: index * 114, size: 114, tagsCode: 0n });
  }
  const { pieces, proven, found } = await counted(store.addMany(100).save().files, 1000);
  assert.deepEqual(found, [
    "info queue-unit-below-log consumequeue/TopicTest/0/00000000000000000000 0+100",
  ]);
  assert.equal(proven, pieces);
});

Deno.test("FullCheck ends where the log ends, however much room is behind", async () => {
  const store = new SmallStore({ segmentBytes: 4096, fileUnits: 400 }).addMany(20);
  const { files } = store.save();
  const last = [...files.snapshot().keys()].filter((path) => path.includes("commitlog")).at(-1)!;
  files.openWrite(last).truncate(4096);
  files.put("store/commitlog/00000000000000004096", new Uint8Array(4096));
  const { found } = await counted(files, 512);
  assert.deepEqual(found, []);
});
