/**
 * What the name servers remember of a topic on its way to more queues.
 *
 * @module
 */

import { parseFastJson } from "../../../store/fast_json.ts";
import type { Cluster } from "../cluster.ts";
import { kvDelete, kvGet, kvPut } from "./kv.ts";

/** A step under way. */
export interface ExpansionNotes {
  /** Broker that grows. */
  readonly brokerName: string;
  /** Queues it is to have. */
  readonly to: number;
  /** Queues consumers read, by broker. */
  readonly queues: Readonly<Record<string, number>>;
  /** When producers got the new queues, epoch ms. */
  readonly writtenAt: number;
  /**
   * Offsets groups must have reached, by broker and old queue; absent until producers have heard of
   * the new ones.
   */
  readonly marks?: Readonly<Record<string, readonly number[]>> | undefined;
}

/** Namespace of the name servers' values. */
const NAMESPACE = "MQ_TOPIC_EXPANSION";

/** The notes about a topic; `undefined` where there are none, or none that can be read. */
export async function notesOf(
  cluster: Cluster,
  topic: string,
): Promise<ExpansionNotes | undefined> {
  const text = await kvGet(cluster, NAMESPACE, cluster.namespace.wrap(topic));
  if (text === undefined) return undefined;
  try {
    const notes = parseFastJson(text) as ExpansionNotes;
    return areNotes(notes) ? notes : undefined;
  } catch {
    return undefined;
  }
}

function areNotes({ brokerName, to, queues, writtenAt, marks }: ExpansionNotes): boolean {
  return typeof brokerName === "string" && Number.isSafeInteger(to) &&
    Number.isSafeInteger(writtenAt) && typeof queues === "object" && queues !== null &&
    (marks === undefined ||
      Object.entries(queues).every(([name, count]) => marks[name]?.length === count));
}

/** Remembers them in all name servers. */
export async function putNotes(
  cluster: Cluster,
  topic: string,
  notes: ExpansionNotes,
): Promise<void> {
  const key = cluster.namespace.wrap(topic);
  await kvPut(cluster, NAMESPACE, { key, value: JSON.stringify(notes) });
}

/** Forgets them. */
export async function dropNotes(cluster: Cluster, topic: string): Promise<void> {
  await kvDelete(cluster, NAMESPACE, cluster.namespace.wrap(topic));
}
