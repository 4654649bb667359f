import assert from "node:assert/strict";
import { ConsumeStats } from "./consume_stats.ts";

const START = 1_800_000_000_000;

Deno.test("ConsumeStats tells rates of the last minute, and failures of the last hour", () => {
  let time = START;
  const stats = new ConsumeStats({ now: () => time });
  stats.pulled("T", { messages: 60, tookMs: 10 });
  stats.pulled("T", { messages: 60, tookMs: 20 });
  stats.consumed("T", { messages: 100, failed: 40, tookMs: 8, endedAt: time });
  stats.consumed("T", { messages: 20, failed: 0, tookMs: 4, endedAt: time });
  assert.deepEqual(stats.status.get("T"), {
    pullRT: 15,
    pullTPS: 2,
    consumeRT: 6,
    consumeOKTPS: 80 / 60,
    consumeFailedTPS: 40 / 60,
    consumeFailedMsgs: 40,
  });
  time += 60_000;
  stats.consumed("T", { messages: 60, failed: 0, tookMs: 1, endedAt: time });
  const later = stats.status.get("T");
  assert.equal(later?.consumeOKTPS, 1);
  assert.equal(later.consumeFailedTPS, 0);
  assert.equal(later.consumeFailedMsgs, 40);
  time += 3_600_000;
  assert.equal(stats.status.get("T")?.consumeFailedMsgs, 0);
});

Deno.test("ConsumeStats forgets by and by, and bears a clock that is set back", () => {
  let time = START;
  const stats = new ConsumeStats({ now: () => time });
  for (let second = 0; second < 120; second++) {
    stats.consumed("T", { messages: 1, failed: 0, tookMs: 0, endedAt: time });
    time += 1000;
  }
  const rate = stats.status.get("T")!.consumeOKTPS;
  assert.ok(rate > 0.8 && rate <= 1, String(rate));
  time -= 600_000;
  stats.consumed("T", { messages: 1, failed: 0, tookMs: 0, endedAt: time });
  assert.ok(stats.status.get("T")!.consumeOKTPS > rate);
});
