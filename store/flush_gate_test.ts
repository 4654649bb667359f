import assert from "node:assert/strict";
import { FlushGate } from "./flush_gate.ts";

/** A log whose syncs end when the test says so. */
class SlowLog {
  writtenTo = 0;
  flushedTo = 0;
  /** Syncs begun. */
  syncs = 0;
  #end: (error?: Error) => void = () => {};

  flush(): Promise<void> {
    this.syncs++;
    const target = this.writtenTo;
    return new Promise((resolve, reject) => {
      this.#end = (error) => {
        if (error !== undefined) return reject(error);
        this.flushedTo = target;
        resolve();
      };
    });
  }

  /** Ends the sync under way and lets the gate notice. */
  async end(error?: Error): Promise<void> {
    this.#end(error);
    await settle();
  }
}

interface Gate {
  readonly log: SlowLog;
  readonly gate: FlushGate;
  /** What was answered, in order. */
  readonly answers: string[];
  readonly failures: unknown[];
  /** Writes up to an offset and waits for it. */
  put(name: string, offset: number): void;
}

function openGate(): Gate {
  const log = new SlowLog();
  const failures: unknown[] = [];
  const answers: string[] = [];
  const gate = new FlushGate(log, (error) => failures.push(error));
  const put = (name: string, offset: number) => {
    log.writtenTo = Math.max(log.writtenTo, offset);
    gate.wait(offset, (flushed) => answers.push(`${name} ${flushed}`));
  };
  return { log, gate, answers, failures, put };
}

/** Lets everything run that waits for nothing. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await undefined;
}

Deno.test("FlushGate.wait() answers when the bytes are on the disk, not before", async () => {
  const { log, answers, put } = openGate();
  put("a", 10);
  await settle();
  assert.deepEqual(answers, []);
  await log.end();
  assert.deepEqual(answers, ["a true"]);
});

Deno.test("FlushGate.wait() answers at once for what is on the disk already", () => {
  const { log, answers, put } = openGate();
  log.flushedTo = 10;
  put("a", 10);
  assert.deepEqual([answers, log.syncs], [["a true"], 0]);
});

Deno.test("FlushGate has one sync under way, and who comes meanwhile shares the next", async () => {
  const { log, answers, put } = openGate();
  put("a", 10);
  put("b", 20);
  put("c", 30);
  await settle();
  assert.equal(log.syncs, 1);
  await log.end();
  // The first sync began when only `a` was written.
  assert.deepEqual([answers, log.syncs], [["a true"], 2]);
  await log.end();
  assert.deepEqual([answers, log.syncs], [["a true", "b true", "c true"], 2]);
});

Deno.test("FlushGate goes on after it was idle", async () => {
  const { log, answers, put } = openGate();
  put("a", 10);
  await log.end();
  put("b", 20);
  await log.end();
  assert.deepEqual([answers, log.syncs], [["a true", "b true"], 2]);
});

Deno.test("FlushGate: a sync that fails closes the gate for those who wait and all who come", async () => {
  const { log, gate, answers, failures, put } = openGate();
  put("a", 10);
  put("b", 20);
  await log.end(new Error("EIO"));
  put("c", 30);
  assert.deepEqual(answers, ["a false", "b false", "c false"]);
  assert.equal(await gate.flush(), false);
  assert.equal(log.syncs, 1, "no later sync is believed");
  assert.deepEqual(failures.map(String), ["Error: EIO"]);
});

Deno.test("FlushGate: after a failure even bytes synced before are not answered for", async () => {
  const { log, answers, put } = openGate();
  put("a", 10);
  await log.end();
  put("b", 20);
  await log.end(new Error("EIO"));
  put("again", 10);
  assert.deepEqual(answers, ["a true", "b false", "again false"]);
});

Deno.test("FlushGate.wait() may be called from an answer", async () => {
  const { log, gate, answers, put } = openGate();
  log.writtenTo = 10;
  gate.wait(10, () => put("next", 20));
  await log.end();
  await log.end();
  assert.deepEqual(answers, ["next true"]);
});

Deno.test("FlushGate.flush() brings what is written now to the disk", async () => {
  const { log, gate } = openGate();
  log.writtenTo = 10;
  const flushed = gate.flush();
  log.writtenTo = 20;
  await log.end();
  assert.equal(await flushed, true);
  assert.equal(log.flushedTo >= 10, true);
});

Deno.test("FlushGate.syncingMs counts from the start of the sync that is under way", async () => {
  let time = 100;
  const log = new SlowLog();
  const gate = new FlushGate(log, () => {}, () => time);
  assert.equal(gate.syncingMs, 0);
  log.writtenTo = 10;
  gate.wait(10, () => {});
  time = 350;
  assert.equal(gate.syncingMs, 250);
  // Bytes that came meanwhile need a sync of their own, which has only begun.
  log.writtenTo = 20;
  gate.wait(20, () => {});
  await log.end();
  await settle();
  time = 400;
  assert.equal(gate.syncingMs, 50);
  await log.end();
  await settle();
  assert.equal(gate.syncingMs, 0);
});
