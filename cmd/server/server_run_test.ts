import assert from "node:assert/strict";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { flushPromise, noteRecovery, sayReady, stopped } from "./server_run.ts";

const READY = {
  facts: { namesrv: "127.0.0.1:9876", store: "data" },
  labels: { namesrv: "name server", store: "store" },
  promises: ["One promise."],
  next: "mq inspect topics data",
};

Deno.test("sayReady() prints one JSON line for programs and a paragraph for people", () => {
  const json = recordedTerminal();
  sayReady(json.terminal, { output: "json" }, READY);
  assert.equal(
    json.printed().stdout,
    '{"event":"started","namesrv":"127.0.0.1:9876","store":"data"}\n',
  );
  const people = recordedTerminal();
  sayReady(people.terminal, {}, READY);
  assert.equal(
    people.printed().stdout,
    "mq is ready.\n\n  name server  127.0.0.1:9876\n  store        data\n\nOne promise.\n" +
      "Try in another window:  mq inspect topics data\nCtrl-C stops.\n",
  );
});

Deno.test("flushPromise() says what a crash can cost", () => {
  const intervals = {
    flushIntervalCommitLog: 500,
    flushCommitLogThoroughInterval: 10_000,
    transientStorePoolEnable: false,
    commitIntervalCommitLog: 200,
    commitCommitLogThoroughInterval: 300,
  };
  assert.match(
    flushPromise({ flushDiskType: "SYNC_FLUSH", ...intervals }),
    /loses no acknowledged/,
  );
  const text = flushPromise({ flushDiskType: "ASYNC_FLUSH", ...intervals });
  assert.match(text, /crash of the machine can lose those of the\nlast 500 ms under load, .* 10 s/);
  const pooled = { ...intervals, transientStorePoolEnable: true };
  assert.match(
    flushPromise({ flushDiskType: "ASYNC_FLUSH", ...pooled }),
    /crash of mq loses acknowledged messages of up to the last 300 ms/,
  );
  // Java takes no pool either where answers wait for the disk.
  assert.match(flushPromise({ flushDiskType: "SYNC_FLUSH", ...pooled }), /loses no acknowledged/);
});

Deno.test("noteRecovery() is silent after a clean stop and tells all after another", () => {
  const report = {
    mode: "clean" as const,
    from: 0,
    end: 100,
    messages: 3,
    units: 2,
    keys: 1,
    actions: [],
  };
  const told: string[] = [];
  const log = (text: string) => void told.push(text);
  noteRecovery(log, report);
  assert.deepEqual(told, []);
  const cut = { action: "cut-tail" as const, file: "log", reason: "no record" };
  noteRecovery(log, { ...report, mode: "unclean", actions: [cut] });
  assert.match(told[0]!, /not stopped cleanly: read 3 records /);
  assert.deepEqual(told.slice(1), ["cut-tail log: no record"]);
  noteRecovery(log, { ...report, wrongKinds: [{ topic: "T", queueType: "SimpleCQ" }] });
  assert.match(told[2]!, /queues of topic "T" are not of the kind .* set it to SimpleCQ/);
});

Deno.test("stopped() resolves when the signal fires, or did before", async () => {
  const controller = new AbortController();
  const waiting = stopped(controller.signal);
  controller.abort();
  await waiting;
  await stopped(controller.signal);
});
