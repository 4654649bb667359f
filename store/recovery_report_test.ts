import assert from "node:assert/strict";
import { recoveryAction } from "./recovery_report.ts";

Deno.test("recoveryAction() loses nothing, but for what is said", () => {
  const it = { action: "rebuild-index", file: "index/1", reason: "not complete" } as const;
  assert.deepEqual(recoveryAction(it), {
    ...it,
    from: 0,
    to: 0,
    safe: true,
    bytesLost: 0,
    messagesLost: 0,
    slotsFilled: 0,
  });
  assert.equal(recoveryAction({ ...it, safe: false, messagesLost: 2 }).messagesLost, 2);
});
