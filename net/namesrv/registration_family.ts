/**
 * What brokers ask a name server: to be listed, to stay listed, to be taken off.
 *
 * @module
 */

import { formatDataVersion, parseDataVersion, sameDataVersion } from "../wire/data_version.ts";
import { encodeResponseHeader, type HeaderOf } from "../wire/headers.ts";
import { formatKvTable } from "../wire/name_lists.ts";
import { parseRegisterBody, registerBodyCrc } from "../wire/register_body.ts";
import { formatBrokerMembers } from "../wire/route.ts";
import type { Call } from "../rpc/call.ts";
import type { Log } from "../rpc/limits.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import { type KvConfig, ORDER_TOPIC_CONFIG } from "./kv_config.ts";
import type { Registration, RouteTable } from "./route_table.ts";

/** What the family works on. */
export interface RegistrationParts {
  readonly table: RouteTable;
  readonly kv: KvConfig;
  readonly log: Log;
}

/** Registration, its end, liveness, and who shares a broker name. */
export function registrationFamily({ table, kv, log }: RegistrationParts): Family {
  return {
    REGISTER_BROKER(call) {
      const registration = registrationOf(call);
      const registered = table.register(registration);
      const broker =
        `${registration.brokerName}:${registration.brokerId} at ${registration.brokerAddr}`;
      if (registered === undefined) {
        log(`Broker ${broker} refused: another address holds its id with a newer state`);
        throw new Refusal("SYSTEM_ERROR", "register broker failed", { extFields: {} });
      }
      if (registered.joined) log(`Broker ${broker} registered`);
      const orderTopics = kv.list(ORDER_TOPIC_CONFIG);
      return {
        extFields: encodeResponseHeader("REGISTER_BROKER", registered),
        body: orderTopics && formatKvTable(orderTopics),
      };
    },

    UNREGISTER_BROKER({ header }) {
      table.unregister(header);
      log(`Broker ${header.brokerName}:${header.brokerId} at ${header.brokerAddr} unregistered`);
      return {};
    },

    QUERY_DATA_VERSION({ header, command }) {
      const known = table.dataVersionOf(header);
      const changed = known === undefined ||
        !sameDataVersion(known, parseDataVersion(command.body));
      if (!changed) table.touch(header);
      return {
        extFields: encodeResponseHeader("QUERY_DATA_VERSION", { changed }),
        body: known && formatDataVersion(known),
      };
    },

    BROKER_HEARTBEAT({ header }) {
      table.touch(header);
      return {};
    },

    GET_BROKER_MEMBER_GROUP({ header: { brokerName, clusterName } }) {
      const nobody = { brokerName, cluster: clusterName, brokerAddrs: new Map<number, string>() };
      return { body: formatBrokerMembers(table.groups.get(brokerName) ?? nobody) };
    },
  };
}

function registrationOf(call: Call<HeaderOf<"REGISTER_BROKER">>): Registration {
  const { header, body, command, connection } = call;
  const { bodyCrc32 = 0, compressed = false } = header;
  if (bodyCrc32 !== 0 && bodyCrc32 !== registerBodyCrc(body)) {
    throw new Refusal("SYSTEM_ERROR", "crc32 not match", { extFields: {} });
  }
  // A broker without a body tells its address only; its topics stay what they were.
  const { topics, filterServerList } = body.length === 0
    ? {
      topics: { dataVersion: { counter: 0, timestamp: 0 }, topicConfigTable: new Map() },
      filterServerList: [],
    }
    : parseRegisterBody(body, { compressed, version: command.version });
  return {
    brokerName: header.brokerName,
    brokerAddr: header.brokerAddr,
    clusterName: header.clusterName,
    brokerId: header.brokerId,
    haServerAddr: header.haServerAddr,
    enableActingMaster: header.enableActingMaster,
    heartbeatTimeoutMs: header.heartbeatTimeoutMillis,
    dataVersion: topics.dataVersion,
    topics: topics.topicConfigTable,
    filterServers: filterServerList,
    connection,
  };
}
