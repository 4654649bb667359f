/**
 * The generated documents, as they must stand at the top of the tree.
 *
 * @module
 */
import { NameServer } from "../net/namesrv/namesrv.ts";
import { protocolDoc } from "../net/wire/protocol_doc.ts";
import { findingsDoc } from "../store/check/findings_doc.ts";
import { formatDoc } from "../store/format_doc.ts";
import { BrokerFixture } from "./broker_fixture.ts";

/** Texts of the generated documents by name. What is served is asked of servers that run. */
export async function documents(): Promise<Readonly<Record<string, string>>> {
  await using nameServer = await NameServer.listen({ hostname: "127.0.0.1", port: 0 });
  await using fixture = await BrokerFixture.start();
  const servers = { "name server": nameServer.served, broker: fixture.broker.served };
  return {
    "FINDINGS.md": findingsDoc(),
    "FORMAT.md": formatDoc(),
    "PROTOCOL.md": protocolDoc({
      status: (name) =>
        Object.entries(servers).flatMap(([server, served]) => served.includes(name) ? server : [])
          .join(", "),
    }),
  };
}
