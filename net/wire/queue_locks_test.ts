import { checkRewrites } from "../../testdata/bodies.ts";
import {
  formatLockBatch,
  formatLockedQueues,
  parseLockBatch,
  parseLockedQueues,
} from "./queue_locks.ts";

Deno.test("parseLockBatch() and formatLockBatch() lose nothing Java said", () => {
  const rewrite = (body: Uint8Array) => formatLockBatch(parseLockBatch(body));
  checkRewrites(["LOCK_BATCH_MQ", "request"], rewrite);
  checkRewrites(["UNLOCK_BATCH_MQ", "request"], rewrite);
});

Deno.test("parseLockedQueues() and formatLockedQueues() lose nothing Java said", () => {
  checkRewrites(
    ["LOCK_BATCH_MQ", "response"],
    (body) => formatLockedQueues(parseLockedQueues(body)),
  );
});
