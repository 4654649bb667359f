import assert from "node:assert/strict";
import { Refusal } from "./refusal.ts";

Deno.test("Refusal carries what the response needs, and its cause", () => {
  const cause = new Error("disk");
  const refusal = new Refusal("NO_PERMISSION", "not yours", { extFields: { a: "b" }, cause });
  assert.equal(refusal.code, "NO_PERMISSION");
  assert.equal(refusal.remark, "not yours");
  assert.equal(refusal.message, "not yours");
  assert.deepEqual(refusal.extFields, { a: "b" });
  assert.equal(refusal.cause, cause);
});
