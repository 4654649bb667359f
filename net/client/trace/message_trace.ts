/**
 * What the trace topic says of one message: by whom it was sent, how its transaction ended, to whom
 * it was given and what came of it.
 *
 * @module
 */

import { TRACE_TOPIC } from "../../wire/topic_names.ts";
import { messagesByKey } from "../admin/messages.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import type { ReceivedMessage } from "../received_message.ts";
import {
  type EndTransactionRecord,
  parseTraceBody,
  type PubRecord,
  type RecallRecord,
  type SubAfterRecord,
  type SubBeforeRecord,
  type TraceRecord,
} from "./trace_record.ts";

/** A record, and the address of the client that wrote it. */
type From<Record extends TraceRecord> = Record & { readonly clientHost: string };

/** One time a message was given to a member of a group. */
export interface TracedDelivery {
  readonly group: string | undefined;
  /** 1 for the first; unknown where the record of the beginning is missing. */
  readonly attempt: number | undefined;
  readonly clientHost: string;
  readonly before: SubBeforeRecord | undefined;
  /** Missing as long as the application is at it, and where the client died. */
  readonly after: SubAfterRecord | undefined;
}

/** What is known of a message. */
export interface MessageTrace {
  readonly messageId: string;
  /** More than one where an attempt was repeated. */
  readonly sends: readonly From<PubRecord>[];
  readonly transactionEnds: readonly From<EndTransactionRecord>[];
  readonly recalls: readonly From<RecallRecord>[];
  /** By time. */
  readonly deliveries: readonly TracedDelivery[];
  /** Parts of trace messages that are no records. */
  readonly unreadable: readonly string[];
}

/** Trace messages a broker gives in one answer. */
const PAGE_MAX = 64;

/**
 * Looks in the trace topic for all that clients wrote about a message, by the id its producer gave
 * it. Nothing found is not nothing happened: clients trace only when told to, and a record may
 * come some seconds late. The first client that traces makes RocketMQ's own trace topic, so before
 * that nothing is found.
 *
 * @throws {ClientError} `no-route` where no broker has a trace topic of another name; `refused`;
 * `name-server`.
 */
export async function traceOf(
  cluster: Cluster,
  messageId: string,
  { topic = TRACE_TOPIC }: { readonly topic?: string | undefined } = {},
): Promise<MessageTrace> {
  const found = new Map<string, ReceivedMessage>();
  let until: number | undefined;
  let hasMore = true;
  while (hasMore) {
    const known = found.size;
    const page = await pageOf(cluster, { topic, messageId, until });
    for (const it of page) found.set(`${it.brokerName} ${it.commitLogOffset}`, it);
    until = page[0]?.record.storeTimestamp;
    hasMore = page.length === PAGE_MAX && found.size > known;
  }
  return messageTrace(messageId, [...found.values()]);
}

async function pageOf(
  cluster: Cluster,
  { topic, messageId, until }: {
    readonly topic: string;
    readonly messageId: string;
    readonly until: number | undefined;
  },
): Promise<readonly ReceivedMessage[]> {
  try {
    return await messagesByKey(cluster, { topic, key: messageId }, { until });
  } catch (error) {
    if (!(error instanceof ClientError) || error.kind !== "no-route") throw error;
    if (topic === TRACE_TOPIC) return [];
    const text = `Cannot find a trace of message "${messageId}": no broker has trace topic ` +
      `"${topic}"; a client that traces there may not have written yet`;
    throw new ClientError(text, { kind: "no-route", cause: error });
  }
}

/** What trace messages, in any order, say of one message. */
export function messageTrace(
  messageId: string,
  traces: readonly Pick<ReceivedMessage, "text" | "bornHost">[],
): MessageTrace {
  const sends: From<PubRecord>[] = [];
  const transactionEnds: From<EndTransactionRecord>[] = [];
  const recalls: From<RecallRecord>[] = [];
  const deliveries = new Map<string, Open>();
  const unreadable: string[] = [];
  for (const trace of traces) {
    const clientHost = trace.bornHost.slice(0, trace.bornHost.lastIndexOf(":"));
    const body = parseTraceBody(trace.text());
    unreadable.push(...body.unreadable);
    for (const record of body.records) {
      // Java writes a batch under all its ids.
      if (record.messageId?.split(",").includes(messageId) !== true) continue;
      if (record.type === "Pub") sends.push({ clientHost, ...record } as From<PubRecord>);
      else if (record.type === "EndTransaction") transactionEnds.push({ ...record, clientHost });
      else if (record.type === "Recall") recalls.push({ ...record, clientHost });
      else join(deliveries, record, clientHost);
    }
  }
  return {
    messageId,
    sends: byTime(sends),
    transactionEnds: byTime(transactionEnds),
    recalls: byTime(recalls),
    deliveries: [...deliveries.values()].map(delivery).toSorted((one, other) =>
      timeOf(one) - timeOf(other)
    ),
    unreadable,
  };
}

interface Open {
  readonly clientHost: string;
  before?: SubBeforeRecord;
  after?: SubAfterRecord;
}

function join(
  deliveries: Map<string, Open>,
  record: SubBeforeRecord | SubAfterRecord,
  clientHost: string,
): void {
  const id = record.requestId ?? "";
  let open = deliveries.get(id);
  if (open === undefined) deliveries.set(id, open = { clientHost });
  if (record.type === "SubBefore") open.before = record;
  else open.after = record;
}

function delivery({ clientHost, before, after }: Open): TracedDelivery {
  const retryTimes = before?.retryTimes;
  return {
    group: before?.group ?? after?.group,
    attempt: retryTimes === undefined ? undefined : retryTimes + 1,
    clientHost,
    before,
    after,
  };
}

function timeOf({ before, after }: TracedDelivery): number {
  return before?.time ?? after?.time ?? 0;
}

function byTime<Record extends { readonly time?: number | undefined }>(
  records: readonly Record[],
): Record[] {
  return records.toSorted((one, other) => (one.time ?? 0) - (other.time ?? 0));
}
