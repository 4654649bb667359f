import assert from "node:assert/strict";
import { repairAction } from "./action.ts";

Deno.test("repairAction() is safe and loses nothing unless it says so", () => {
  assert.deepEqual(repairAction({ action: "remove-abort", file: "abort", reason: "why" }), {
    kind: "action",
    action: "remove-abort",
    file: "abort",
    from: 0,
    to: 0,
    reason: "why",
    safe: true,
    bytesLost: 0,
    messagesLost: 0,
  });
  const cut = {
    action: "cut-tail",
    file: "log",
    reason: "why",
    safe: false,
    bytesLost: 7,
  } as const;
  const made = repairAction(cut);
  assert.deepEqual([made.safe, made.bytesLost], [false, 7]);
});
