import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { sendFields } from "../../testdata/message_path.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import { flowControlled, isDiskBusy } from "./flow_control.ts";

const SLOW = { flushDiskType: "SYNC_FLUSH", osPageCacheBusyTimeOutMills: 1000 };

Deno.test("isDiskBusy() looks at the sync answers wait for, and at nothing without one", () => {
  const busy = (syncingMs: number, config = SLOW) => isDiskBusy({ config, store: { syncingMs } });
  assert.deepEqual([busy(0), busy(1000), busy(1001)], [false, false, true]);
  assert.equal(busy(60_000, { ...SLOW, flushDiskType: "ASYNC_FLUSH" }), false);
  assert.equal(busy(1001, { ...SLOW, osPageCacheBusyTimeOutMills: 5000 }), false);
});

Deno.test("flowControlled() serves again when the disk is back", () => {
  const store = { syncingMs: 2000 };
  const family: Family = { SEND_MESSAGE: () => ({ remark: "served" }) };
  const { SEND_MESSAGE: send } = flowControlled({ config: SLOW, store }, family);
  const call = {} as Parameters<NonNullable<typeof send>>[0];
  assert.throws(() => send?.(call), (error) => {
    assert(error instanceof Refusal);
    assert.equal(error.code, "SYSTEM_BUSY");
    assert.equal(error.remark, "[REJECTREQUEST]system busy, start flow control for a while");
    return true;
  });
  store.syncingMs = 0;
  assert.deepEqual(send?.(call), { remark: "served" });
});

Deno.test("Broker refuses messages while a sync hangs, and answers the ones before it after", async () => {
  let time = 1_700_000_000_000;
  const fs = new MemoryFiles();
  let hanging: Promise<void> | undefined;
  const openWrite = fs.openWrite.bind(fs);
  fs.openWrite = (path) => {
    const file = openWrite(path);
    const sync = file.sync.bind(file);
    file.sync = async () => {
      if (path.includes("commitlog")) await hanging;
      await sync();
    };
    return file;
  };
  await using it = await BrokerFixture.start({
    fs,
    now: () => time,
    config: { flushDiskType: "SYNC_FLUSH" },
  });
  const send = () =>
    it.ask("SEND_MESSAGE_V2", { extFields: sendFields(), body: new Uint8Array(1) });
  assert.equal((await send()).code, 0);
  const release = Promise.withResolvers<void>();
  hanging = release.promise;
  const waiting = send();
  // The request is served when a later one of the same connection is answered.
  assert.equal((await it.ask("GET_BROKER_RUNTIME_INFO")).code, 0);
  time += 1001;
  const refused = await send();
  assert.deepEqual([refused.code, refused.remark], [
    2,
    "[REJECTREQUEST]system busy, start flow control for a while",
  ]);
  const pull = await it.ask("GET_MAX_OFFSET", { header: { topic: "T", queueId: 0 } });
  assert.equal(pull.code, 0);
  hanging = undefined;
  release.resolve();
  assert.equal((await waiting).code, 0);
  assert.equal((await send()).code, 0);
});
