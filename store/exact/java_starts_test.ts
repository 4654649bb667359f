/**
 * Starts of real Java brokers on stores changed in many ways, told by the digest of what they left.
 *
 * @module
 */
import assert from "node:assert/strict";
import { changedStore, JAVA_STARTS, treeDigest } from "../../testdata/java_starts.ts";
import { recoverAsJava } from "./java_recovery.ts";

const OPTIONS = {
  queueFileUnits: 60,
  indexGeometry: { slots: 100, entries: 400 },
  now: () => Date.UTC(2027, 0, 1),
};

for (const start of JAVA_STARTS) {
  const { release, store, changes, digest } = start;
  Deno.test(`recoverAsJava does as ${release} did: ${store}, ${changes.join(", ")}`, async () => {
    const files = changedStore(start);
    await recoverAsJava(files, "store", release, OPTIONS);
    assert.equal(treeDigest(files.snapshot()), digest);
  });
}
