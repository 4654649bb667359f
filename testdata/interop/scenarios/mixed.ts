/**
 * This project's broker with Java's name servers. (Java's brokers with this project's name server are
 * part of the swap scenario.)
 *
 * @module
 */

import { notAsSent, notExactlyOnce } from "../compare.ts";
import type { Stage } from "../stage.ts";
import { JAVA_VERSIONS } from "../toolchain.ts";

const COUNTS = { sync: 100, async: 100 };

/** The scenario. */
export async function mixed(stage: Stage): Promise<void> {
  if (!stage.isMq) {
    stage.report.skip("mixed", `${stage.target} is all Java`);
    return;
  }
  for (const version of JAVA_VERSIONS) {
    const since = Date.now();
    await using namesrv = await stage.startJavaNamesrv(version);
    await using cluster = await stage.start({ namesrv: namesrv.address });
    const client = await stage.javaClient(version, cluster);
    const topic = "T_mixed";
    const sent = await client.send(topic, COUNTS);
    const received = await client.consume({ topic, group: "G_mixed", expect: sent.length });
    stage.report.check(
      `mixed: ${stage.target} broker with the name server of Java ${version}: ` +
        `${received.length} messages received exactly once`,
      [...notExactlyOnce(sent, received), ...notAsSent(sent, received)],
      since,
    );
  }
}
