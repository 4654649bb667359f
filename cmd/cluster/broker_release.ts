/**
 * Which release brokers are of, for what those of 4.x take without a word and do not do.
 *
 * @module
 */
import type { Admin } from "../../net/client/admin/admin.ts";
import { type BrokerChoice, readableAddress } from "../../net/client/admin/asking.ts";
import { Failure } from "../failure.ts";

/** As brokers write it, such as `V4_9_7`. */
const OLD_RELEASE = /^V[34]_/;

/**
 * Throws a failure where one of these brokers says that it is of 4.x; with a topic, one that has it.
 * `what` is what it would pass over. A broker that does not tell its release is taken for a new one.
 */
export async function requireRelease5(
  admin: Pick<Admin, "clusterInfo" | "route" | "brokerInfo">,
  what: string,
  { topic, ...choice }: BrokerChoice & { readonly topic?: string | undefined } = {},
): Promise<void> {
  const all = await admin.clusterInfo(choice);
  const route = topic === undefined ? undefined : await admin.route(topic);
  const having = route && new Set(route.queueDatas.map((it) => it.brokerName));
  const brokers = all.filter((it) => having?.has(it.brokerName) ?? true);
  await Promise.all(brokers.map(async (broker) => {
    const address = readableAddress(broker);
    if (address === undefined) return;
    // Those who may send need not be allowed to ask.
    const told = await admin.brokerInfo(address).catch(() => undefined);
    const release = told?.runtime.get("brokerVersionDesc") ?? "";
    if (!OLD_RELEASE.test(release)) return;
    throw new Failure(`${what} needs brokers of 5.x, and ${broker.brokerName} is ${release}`);
  }));
}
