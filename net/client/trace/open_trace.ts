/**
 * How a producer or a consumer comes to trace what it does: its option, and the sends of its own that
 * carry the trace.
 *
 * @module
 */

import process from "node:process";
import { hostBytes } from "../../../store/host.ts";
import { TRACE_TOPIC } from "../../wire/topic_names.ts";
import { UniqueIds } from "../../wire/unique_ids.ts";
import { hostAddress } from "../client_id.ts";
import type { Cluster } from "../cluster.ts";
import { Drafts } from "../producer/draft.ts";
import { producerSettings } from "../producer/producer_options.ts";
import { SendPath } from "../producer/send_path.ts";
import { TraceDispatcher } from "./trace_dispatcher.ts";
import type { Tracing } from "./trace_hooks.ts";

/** A trace that is written; the dispatcher is to be disposed. */
export interface OpenTrace extends Tracing {
  readonly dispatcher: TraceDispatcher;
}

/** `true`, or the trace topic. */
export type TraceOption = boolean | string | undefined;

/** Group in whose name traces are sent; it joins nothing (Java: `TraceConstants.GROUP_NAME_PREFIX`). */
const GROUP = "_INNER_TRACE_PRODUCER";
const SEND_TIMEOUT_MS = 5000;

/**
 * Begins to trace where the option says so. The dispatcher is the caller's to dispose, after the last
 * record and before the cluster.
 *
 * @throws {ClientError} `invalid` when the trace topic can have no messages.
 */
export function openTrace(cluster: Cluster, trace: TraceOption): OpenTrace | undefined {
  if (trace === undefined || trace === false) return undefined;
  const topic = trace === true ? TRACE_TOPIC : trace;
  const { namespace, now, random, log } = cluster;
  const settings = producerSettings({ group: GROUP, sendTimeoutMs: SEND_TIMEOUT_MS }, cluster);
  const { address } = hostBytes(hostAddress(), 0);
  const ids = new UniqueIds({ address, pid: process.pid, now, random });
  const drafts = new Drafts({ ...settings, namespace, ids, now });
  drafts.topicOf({ topic, body: "" });
  const path = new SendPath(cluster, settings);
  const send = (message: Parameters<Drafts["one"]>[0]) => path.send(drafts.one(message));
  return { dispatcher: new TraceDispatcher({ topic, send, log }), now };
}
