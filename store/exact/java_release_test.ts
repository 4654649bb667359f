import assert from "node:assert/strict";
import { SmallStore } from "../../testdata/small_store.ts";
import { MAGIC, SYS_FLAG } from "../format.ts";
import { hostBytes } from "../host.ts";
import { recoverAsJava } from "./java_recovery.ts";
import { JAVA_RULES, type JavaRelease } from "./java_release.ts";

/** Messages each release keeps of ten after a clean stop, the sixth being special. */
async function kept(wish: Parameters<SmallStore["add"]>[0]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const release of Object.keys(JAVA_RULES) as JavaRelease[]) {
    const store = new SmallStore().addMany(5);
    store.add(wish);
    store.addMany(4).save();
    const report = await recoverAsJava(store.files, "store", release);
    counts[release] = report.messagesAfter;
  }
  return counts;
}

Deno.test("JAVA_RULES: a record that only later releases can write ends the log of earlier ones", async () => {
  assert.deepEqual(await kept({}), { "4.2": 10, "4.9": 10, "5.x": 10 });
  assert.deepEqual(await kept({ magic: MAGIC.v2 }), { "4.2": 5, "4.9": 5, "5.x": 10 });
  const fromIpv6 = { sysFlag: SYS_FLAG.bornHostV6, bornHost: hostBytes("::1", 5) };
  assert.deepEqual(await kept(fromIpv6), { "4.2": 5, "4.9": 10, "5.x": 10 });
});
