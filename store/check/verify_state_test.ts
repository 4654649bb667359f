import assert from "node:assert/strict";
import { proveInTurns } from "../../testdata/elsewhere.ts";
import { hasTreeAfterJava, storeInMemory } from "../../testdata/fixture.ts";
import { between, randomOf } from "../../testdata/random.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { STORE_CASES } from "../../testdata/store_cases.ts";
import { verified } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";
import type { VerifyOptions } from "./verify.ts";
import type { VerifyState } from "./verify_state.ts";

/** Everything said, and the states at the end of each piece, as a file would keep them. */
async function told(files: MemoryFiles, options: VerifyOptions) {
  const states: string[] = [];
  const onPiece = (stateOf: () => VerifyState | undefined) => {
    states.push(JSON.stringify(stateOf()));
  };
  return { ...await verified(files, { onPiece, ...options }), states };
}

/** Whether going on from every so manieth state says what one run says. */
async function goesOn(files: MemoryFiles, pieceBytes: number, what: string): Promise<void> {
  const whole = await told(files, { pieceBytes });
  const step = Math.max(1, Math.floor(whole.states.length / 5));
  for (let nth = 0; nth < whole.states.length; nth += step) {
    const resume: VerifyState = JSON.parse(whole.states[nth]!);
    const proveElsewhere = proveInTurns(2);
    const rest = await told(files, {
      pieceBytes,
      resume,
      ...(nth % 2 === 0 && { proveElsewhere }),
    });
    assert.deepEqual(rest.findings, whole.findings, `${what}, piece ${nth}`);
    assert.deepEqual(rest.summary, whole.summary, `${what}, piece ${nth}`);
    assert.deepEqual(rest.states, whole.states.slice(nth + 1), `${what}, piece ${nth}`);
  }
}

Deno.test("verifyStore() goes on from any piece of Java's stores as if it had never stopped", async () => {
  for (const { name } of STORE_CASES) {
    await goesOn(storeInMemory(name), 50_000, name);
    if (hasTreeAfterJava(name)) {
      await goesOn(storeInMemory(name, "after-java-recovery"), 50_000, `${name} after Java`);
    }
  }
});

Deno.test("verifyStore() goes on from any piece of damaged stores as if it had never stopped", async () => {
  const seed = 5;
  const random = randomOf(seed);
  for (let nth = 0; nth < 20; nth++) {
    const files = storeInMemory("5.5.0-a-clean-102");
    for (const [path, bytes] of files.snapshot()) {
      if (bytes.length === 0 || !/commitlog|consumequeue|index/.test(path)) continue;
      if (random() > 0.15) continue;
      const used = bytes.findLastIndex((it) => it !== 0) + 1;
      const at = between(random, 0, Math.max(0, used - 1));
      files.zero(path, at, Math.min(200, bytes.length - at));
    }
    await goesOn(files, 20_000, `seed ${seed}, store ${nth}`);
  }
});

Deno.test("verifyStore() keeps of what is not asked for what later checks need", async () => {
  const store = new SmallStore({ segmentBytes: 4096, fileUnits: 400 }).addMany(100);
  const { files } = store.save();
  files.flip("store/commitlog/00000000000000000000", 88);
  const { states } = await told(files, { pieceBytes: 1000, only: ["index"] });
  const kept: VerifyState = JSON.parse(states.at(-1)!);
  assert.equal(kept.findings[0]!.code, "log-body-crc");
  const { findings } = await told(files, { pieceBytes: 1000, only: ["index"], resume: kept });
  assert.deepEqual(findings, []);
});

Deno.test("verifyStore() goes on with no store but the one a state was taken of, as it was", async () => {
  const make = () => new SmallStore({ segmentBytes: 4096, fileUnits: 400 }).addMany(100).save();
  const { states } = await told(make().files, { pieceBytes: 1000 });
  const resume: VerifyState = JSON.parse(states[3]!);
  const refused = (files: MemoryFiles, options: VerifyOptions, reason: RegExp) =>
    assert.rejects(told(files, { pieceBytes: 1000, resume, ...options }), reason);
  const start = "Cannot go on with a verification: ";
  await refused(make().files, { depth: "deep" }, RegExp(`${start}it was made at depth default`));
  const longer = make().addMany(1).save();
  await refused(longer.files, {}, RegExp(`${start}the store's files of \\w+ are other ones now`));
  const { files } = make();
  files.remove("store/consumequeue/TopicTest/0/00000000000000000000");
  await refused(files, {}, RegExp(`${start}the store's files of consumequeue are other ones now`));
  const later = { ...resume, format: 2 } as unknown as VerifyState;
  await refused(make().files, { resume: later }, RegExp(`${start}its state has format 2`));
});

Deno.test("verifyStore() lets whoever keeps states have the last one before it is aborted", async () => {
  const { files } = new SmallStore({ segmentBytes: 4096, fileUnits: 400 }).addMany(100).save();
  const controller = new AbortController();
  let pieces = 0;
  const onPiece = () => {
    if (++pieces === 3) controller.abort(new Error("enough"));
  };
  const { signal } = controller;
  await assert.rejects(verified(files, { pieceBytes: 1000, onPiece, signal }), /^Error: enough$/);
  assert.equal(pieces, 3);
});
