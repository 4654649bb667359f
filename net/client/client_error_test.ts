import assert from "node:assert/strict";
import { ClientError } from "./client_error.ts";

Deno.test("ClientError keeps what happened, the code of a refusal, and its cause", () => {
  const cause = new Error("below");
  const error = new ClientError("Cannot send", { kind: "refused", code: "NO_PERMISSION", cause });
  assert.deepEqual([error.kind, error.code, error.cause], ["refused", "NO_PERMISSION", cause]);
  assert.match(String(error), /^ClientError: Cannot send$/);
});
