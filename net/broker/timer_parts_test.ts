import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { MessagePath, ROOT, START } from "../../testdata/message_path.ts";
import { Arrivals } from "./arrival.ts";
import { openTimer } from "./timer_parts.ts";

async function parts(changes: { readOnly?: boolean; timerWheelEnable?: boolean }) {
  const path = await MessagePath.open({ config: { timerWheelEnable: false } });
  const stack = new AsyncDisposableStack();
  const timerWheelEnable = changes.timerWheelEnable ?? true;
  const opened = openTimer(stack, {
    config: { ...path.config, timerWheelEnable, storePathRootDir: ROOT },
    fs: new MemoryFiles(),
    store: path.store,
    arrivals: new Arrivals(),
    readOnly: changes.readOnly ?? false,
    log: () => {},
    now: () => START,
  });
  await stack.disposeAsync();
  await path[Symbol.asyncDispose]();
  return opened;
}

Deno.test("openTimer() opens a timer unless it is off, or nothing may be delivered", async () => {
  assert.notEqual((await parts({})).timer, undefined);
  assert.equal((await parts({ readOnly: true })).timer, undefined);
  assert.equal((await parts({ timerWheelEnable: false })).timer, undefined);
});

Deno.test("openTimer() finds the place of timed messages by the settings", async () => {
  const properties = new Map([["TIMER_DELAY_SEC", "5"]]);
  const place = { topic: "T", queueId: 0 };
  assert.equal((await parts({})).placeTimed(properties, place)?.dueMs, START + 4000);
  const { placeTimed } = await parts({ timerWheelEnable: false });
  assert.throws(() => placeTimed(properties, place), /accurate timer message is not enabled/);
});
