/**
 * Settings of a producer.
 *
 * @module
 */

import { AUTO_CREATE_TOPIC } from "../../wire/route.ts";
import { QUEUES_OF_NEW_TOPIC } from "../route_book.ts";
import type { Cluster } from "../cluster.ts";
import { checkGroup, requireNumber } from "./check.ts";
import { type BodyCompression, COMPRESSIONS } from "./compress.ts";
import type { FaultTable } from "./fault_avoidance.ts";
import { JAVA_FAULT_TABLE } from "./fault_avoidance.ts";
import type { SendHooks } from "./hooks.ts";
import { ClientError } from "../client_error.ts";

/** How a producer sends. */
export interface ProducerOptions {
  /** Producer group. */
  readonly group: string;
  /** For all attempts of a send; default 3,000. */
  readonly sendTimeoutMs?: number | undefined;
  /** Further attempts, each on another broker where there is one; default 2. */
  readonly retries?: number | undefined;
  /** Try again for statuses other than `SEND_OK`, too; default `false`. */
  readonly retryWhenNotStored?: boolean | undefined;
  /** Stay away from a broker after a slow or failed send: `true` as Java 5.x does; default `false`. */
  readonly faultAvoidance?: boolean | FaultTable | undefined;
  /** Bytes from which bodies are compressed; default 4,096, `Infinity` never. */
  readonly compressOver?: number | undefined;
  /** Default `"zlib"`; consumers of 4.x know no other. */
  readonly compression?: BodyCompression | undefined;
  /** Bytes of the largest body; default 4 MiB. */
  readonly bodyBytesMax?: number | undefined;
  /** Sends under way; further ones wait. Default 10,000. */
  readonly inFlightMax?: number | undefined;
  /** Bytes of bodies under way; further ones wait. Default 64 MiB. */
  readonly inFlightBytesMax?: number | undefined;
  /** Topic whose settings a topic gets that is made by its first message; default `"TBW102"`. */
  readonly autoCreateTopic?: string | undefined;
  /** Queues of such a topic; default 4. */
  readonly newTopicQueues?: number | undefined;
  /** How long a producer that is disposed waits for sends under way; default 3,000. */
  readonly closeTimeoutMs?: number | undefined;
  /** `true`, or the trace topic: it is told what was sent. Default `false`. */
  readonly trace?: boolean | string | undefined;
  /** Told of every attempt. */
  readonly hooks?: SendHooks | undefined;
}

/** Settings, checked, with all defaults. */
export interface ProducerSettings {
  /** As it is on the wire. */
  readonly group: string;
  readonly sendTimeoutMs: number;
  readonly retries: number;
  readonly retryWhenNotStored: boolean;
  readonly faultTable: FaultTable | undefined;
  readonly compressOver: number;
  readonly compression: BodyCompression;
  readonly bodyBytesMax: number;
  readonly inFlightMax: number;
  readonly inFlightBytesMax: number;
  readonly newTopic: { readonly from: string; readonly queues: number };
  readonly closeTimeoutMs: number;
  readonly hooks: readonly SendHooks[];
}

const SEND_TIMEOUT_MS = 3000;
const RETRIES = 2;
const COMPRESS_OVER = 4096;
/** Java: `maxMessageSize`. */
const BODY_BYTES_MAX = 4 << 20;
const IN_FLIGHT_MAX = 10_000;
const IN_FLIGHT_BYTES_MAX = 64 << 20;
const TIMER_MS_MAX = 2 ** 31 - 1;

/** @throws {ClientError} `invalid` for a setting no producer can have. */
export function producerSettings(
  options: ProducerOptions,
  { namespace }: Pick<Cluster, "namespace">,
): ProducerSettings {
  checkGroup(options.group);
  const group = namespace.wrap(options.group);
  checkGroup(group);
  const { compression = "zlib", faultAvoidance = false } = options;
  if (!COMPRESSIONS.includes(compression)) {
    const known = COMPRESSIONS.join(", ");
    const text = `Cannot make producer: compression is "${compression}", known are ${known}`;
    throw new ClientError(text, { kind: "invalid" });
  }
  const settings: ProducerSettings = {
    group,
    sendTimeoutMs: options.sendTimeoutMs ?? SEND_TIMEOUT_MS,
    retries: options.retries ?? RETRIES,
    retryWhenNotStored: options.retryWhenNotStored ?? false,
    faultTable: faultAvoidance === true ? JAVA_FAULT_TABLE : faultAvoidance || undefined,
    compressOver: options.compressOver ?? COMPRESS_OVER,
    compression,
    bodyBytesMax: options.bodyBytesMax ?? BODY_BYTES_MAX,
    inFlightMax: options.inFlightMax ?? IN_FLIGHT_MAX,
    inFlightBytesMax: options.inFlightBytesMax ?? IN_FLIGHT_BYTES_MAX,
    newTopic: {
      from: options.autoCreateTopic ?? AUTO_CREATE_TOPIC,
      queues: options.newTopicQueues ?? QUEUES_OF_NEW_TOPIC,
    },
    closeTimeoutMs: options.closeTimeoutMs ?? SEND_TIMEOUT_MS,
    hooks: options.hooks === undefined ? [] : [options.hooks],
  };
  checkNumbers(settings);
  return settings;
}

function checkNumbers(settings: ProducerSettings): void {
  const what = "Cannot make producer";
  const { sendTimeoutMs, closeTimeoutMs, compressOver, inFlightBytesMax, faultTable } = settings;
  requireNumber(what, { sendTimeoutMs }, { min: 1, max: TIMER_MS_MAX });
  requireNumber(what, { closeTimeoutMs }, { min: 0, max: TIMER_MS_MAX });
  requireNumber(what, { retries: settings.retries }, { min: 0, max: 100, integer: true });
  requireNumber(what, { compressOver }, { min: 0, max: Infinity });
  requireNumber(what, { bodyBytesMax: settings.bodyBytesMax }, { min: 1, max: 2 ** 30 });
  requireNumber(what, { inFlightMax: settings.inFlightMax }, { min: 1, max: Infinity });
  requireNumber(what, { inFlightBytesMax }, { min: 1, max: Infinity });
  const newTopicQueues = settings.newTopic.queues;
  requireNumber(what, { newTopicQueues }, { min: 1, max: 65_536, integer: true });
  if (faultTable !== undefined && faultTable.latencyMs.length !== faultTable.avoidMs.length) {
    const { latencyMs, avoidMs } = faultTable;
    const text = `${what}: faultAvoidance has ${latencyMs.length} times of latencyMs and ` +
      `${avoidMs.length} of avoidMs`;
    throw new ClientError(text, { kind: "invalid" });
  }
}
