/**
 * `mq message trace`: the life of a message, as clients that trace have written it down.
 *
 * @module
 */
import type { MessageTrace } from "../../net/client/trace/message_trace.ts";
import { requireBroker } from "../cluster/some_broker.ts";
import { EXIT } from "../exit_code.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { counted } from "../output/counted.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { note, type Terminal } from "../terminal.ts";

/** What `mq message trace` may be asked. */
export interface TraceOptions extends ClusterOptions, OutputOptions {
  /** Topic that traces are in; default: RocketMQ's own. */
  readonly traceTopic?: string | undefined;
  /** Whether nothing found is 1. */
  readonly exitStatus?: boolean | undefined;
}

/** Fields of the output. */
export const TRACE_FIELDS: readonly Field[] = [
  { name: "time", type: "time", about: "by the clock of the client that wrote it", width: 24 },
  { name: "kind", type: "string", about: "send, deliver, transaction or recall", width: 11 },
  { name: "group", type: "string", about: "group of the producer or consumer", width: 16 },
  { name: "clientHost", type: "string", about: "address of the client", width: 15 },
  { name: "outcome", type: "string", about: "what came of it", width: 12 },
  { name: "costMs", type: "number", about: "milliseconds it took", width: 6 },
  { name: "topic", type: "string", about: "topic", width: 16 },
  { name: "keys", type: "string", about: "keys", width: 12 },
  { name: "attempt", type: "number", about: "of a delivery: 1 the first time", width: 7 },
  { name: "storeHost", type: "string", about: "broker it was sent to" },
  { name: "offsetMessageId", type: "string", about: "id made by the broker" },
  { name: "messageType", type: "string", about: "of a send: normal, half, delayed, ordered" },
  { name: "transactionId", type: "string", about: "of a transaction" },
  { name: "fromCheck", type: "boolean", about: "of a transaction: whether the broker had to ask" },
];

/** Prints what is known of a message, the oldest first. */
export async function trace(
  terminal: Terminal,
  messageId: string,
  options: TraceOptions,
): Promise<number> {
  const rows = openRows(terminal, TRACE_FIELDS, options);
  if (rows === undefined) return EXIT.ok;
  await using client = connectFrom(terminal, options);
  const found = await client.admin.messageTrace(messageId, { topic: options.traceTopic });
  const all = traceRows(found);
  if (all.length === 0) await requireBroker(client.admin);
  for (const row of all) rows.row(row);
  rows.end();
  terminal.out.flush();
  if (found.unreadable.length > 0) {
    note(terminal, `${counted(found.unreadable.length, "part")} of traces cannot be read`);
    return EXIT.left;
  }
  if (all.length > 0) return EXIT.ok;
  note(terminal, `no trace of "${messageId}": clients write one only when told to, seconds late`);
  return options.exitStatus === true ? EXIT.corrected : EXIT.ok;
}

/** A trace as rows, by time. */
export function traceRows(trace: MessageTrace): readonly object[] {
  const rows = [
    ...trace.sends.map(({ type: _, messageId: __, success, ...rest }) => {
      return { kind: "send", ...rest, outcome: success === false ? "failed" : "stored" };
    }),
    ...trace.transactionEnds.map(({ type: _, messageId: __, state, ...rest }) => {
      return { kind: "transaction", ...rest, outcome: state };
    }),
    ...trace.recalls.map(({ type: _, messageId: __, success, ...rest }) => {
      return { kind: "recall", ...rest, outcome: success === false ? "failed" : "recalled" };
    }),
    ...trace.deliveries.map(({ group, attempt, clientHost, before, after }) => ({
      kind: "deliver",
      time: before?.time ?? after?.time,
      group,
      clientHost,
      outcome: after === undefined ? "under way" : outcomeOf(after),
      costMs: after?.costMs,
      keys: after?.keys ?? before?.keys,
      attempt,
    })),
  ];
  return rows.toSorted((one, other) => (one.time ?? 0) - (other.time ?? 0));
}

function outcomeOf(
  { success, result }: { success?: boolean | undefined; result?: string | undefined },
) {
  return result ?? (success === false ? "failed" : "consumed");
}
