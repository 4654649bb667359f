import assert from "node:assert/strict";
import type { Admin } from "../../net/client/admin/admin.ts";
import { requireRelease5 } from "./broker_release.ts";

/** Two brokers, the second of this release; a topic that only the first has. */
function adminWith(release: string | Error) {
  const broker = (brokerName: string) => ({
    cluster: "C",
    brokerName,
    addresses: new Map([[0, brokerName]]),
  });
  const said = new Map([["a", "V5_5_0"], ["b", release]]);
  return {
    clusterInfo: () => Promise.resolve([broker("a"), broker("b")]),
    route: (topic: string) =>
      Promise.resolve(topic === "Gone" ? undefined : { queueDatas: [{ brokerName: "a" }] }),
    brokerInfo: (address: string) => {
      const found = said.get(address)!;
      if (found instanceof Error) return Promise.reject(found);
      return Promise.resolve({
        runtime: new Map([["brokerVersionDesc", found]]),
        config: new Map(),
      });
    },
  } as unknown as Admin;
}

Deno.test("requireRelease5() names a broker that is too old, of those that matter", async () => {
  const old = adminWith("V4_9_7");
  const failure = { message: "A timer needs brokers of 5.x, and b is V4_9_7" };
  await assert.rejects(requireRelease5(old, "A timer"), failure);
  // A topic nobody has yet may be made at any of them.
  await assert.rejects(requireRelease5(old, "A timer", { topic: "Gone" }), failure);
  await requireRelease5(old, "A timer", { topic: "T" });
  await requireRelease5(adminWith("V5_0_0"), "A timer");
});

Deno.test("requireRelease5() lets pass what a broker does not tell", async () => {
  await requireRelease5(adminWith(new Error("no permission")), "A timer");
  await requireRelease5(adminWith(""), "A timer");
});
