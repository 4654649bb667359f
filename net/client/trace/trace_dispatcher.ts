/**
 * Where records of a trace wait until they are sent, some together, without anybody waiting for them
 * (Java: `AsyncTraceDispatcher`).
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { KEY_SEPARATOR } from "../../../store/properties.ts";
import type { Log } from "../../rpc/limits.ts";
import type { Message } from "../message.ts";
import { formatTraceRecord, type TraceRecord } from "./trace_record.ts";

/** What happened at one moment to one message or several, and of which topic they are. */
export interface TraceMoment {
  readonly topic: string;
  readonly records: readonly TraceRecord[];
}

/** What a dispatcher works with. */
export interface TraceDispatcherOptions {
  /** Trace topic. */
  readonly topic: string;
  /** Sends to it; what fails is logged. */
  readonly send: (message: Message) => Promise<unknown>;
  readonly log: Log;
  /** How long a record waits for others; default 5,000. */
  readonly flushIntervalMs?: number | undefined;
  /** How long disposing waits for sends; default 5,000. */
  readonly closeTimeoutMs?: number | undefined;
}

/** Moments that are sent together (Java: `batchNum`). */
const TOGETHER_MAX = 20;
/** Bytes of a body after which a new one is begun (Java: `maxMsgSize`). */
const BODY_BYTES_MAX = 128_000;
/** Bytes of keys; properties have room for 32,767. */
const KEYS_BYTES_MAX = 30_000;
/** Moments that may wait; further ones are lost (Java: `traceContextQueue`). */
const WAITING_MAX = 2048;
const SENDS_MAX = 4;
const FLUSH_INTERVAL_MS = 5000;
/** What is not sent so long after the end is lost (Java: `WAIT_FOR_SHUTDOWN`). */
const CLOSE_TIMEOUT_MS = 5000;

/** Takes records of one producer or consumer. Disposing it sends what waits. */
export class TraceDispatcher implements AsyncDisposable {
  /** Trace topic; what is sent to it is not traced. */
  readonly topic: string;
  readonly #options: TraceDispatcherOptions;
  readonly #flushIntervalMs: number;
  #waiting: TraceMoment[] = [];
  #lost = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #sending = new Set<Promise<void>>();

  constructor(options: TraceDispatcherOptions) {
    this.topic = options.topic;
    this.#options = options;
    this.#flushIntervalMs = options.flushIntervalMs ?? FLUSH_INTERVAL_MS;
  }

  /** Takes a moment, or drops it when too many wait. Costs the caller no time and never fails. */
  append(moment: TraceMoment): void {
    if (this.#waiting.length >= WAITING_MAX) {
      // Said once, and how many there were in the end.
      if (this.#lost++ > 0) return;
      this.#options.log(`Cannot trace everything: ${WAITING_MAX} moments wait to be sent`);
      return;
    }
    this.#waiting.push(moment);
    if (this.#waiting.length >= TOGETHER_MAX) this.#send();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#send(1);
    }, this.#flushIntervalMs);
  }

  /** Sends what waits, and is done when it is sent. */
  async flush(): Promise<void> {
    this.#send(1);
    while (this.#sending.size > 0) {
      await Promise.all(this.#sending);
      this.#send(1);
    }
  }

  /** Twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, this.#options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS);
    await Promise.race([this.flush(), late.promise]);
    clearTimeout(timer);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lost += this.#waiting.splice(0).length;
    if (this.#lost > 0) this.#options.log(`The trace lacks ${this.#lost} moments`);
    this.#lost = 0;
  }

  /** Sends as long as so many wait and not too many sends are under way. */
  #send(least = TOGETHER_MAX): void {
    while (this.#waiting.length >= least && this.#sending.size < SENDS_MAX) {
      const moments = this.#waiting.splice(0, TOGETHER_MAX);
      const sending = this.#sendAll(moments).then(() => {
        this.#sending.delete(sending);
        this.#send();
      });
      this.#sending.add(sending);
    }
  }

  async #sendAll(moments: readonly TraceMoment[]): Promise<void> {
    for (const [topic, records] of byTopic(moments)) {
      for (const message of this.#messages(records)) {
        try {
          await this.#options.send(message);
        } catch (error) {
          this.#options.log(`Cannot trace messages of topic "${topic}"`, error);
        }
      }
    }
  }

  #messages(records: readonly TraceRecord[]): Message[] {
    const messages: Message[] = [];
    let body = "";
    let bodyBytes = 0;
    let keys = new Set<string>();
    let keysBytes = 0;
    const end = () => {
      if (body !== "") messages.push({ topic: this.topic, body, keys: [...keys] });
      [body, bodyBytes, keys, keysBytes] = ["", 0, new Set(), 0];
    };
    for (const record of records) {
      const text = formatTraceRecord(record);
      const own = keysOf(record);
      const ownBytes = own.reduce((sum, key) => sum + Buffer.byteLength(key) + 1, 0);
      if (keysBytes + ownBytes > KEYS_BYTES_MAX) end();
      for (const key of own) keys.add(key);
      keysBytes += ownBytes;
      body += text;
      bodyBytes += Buffer.byteLength(text);
      if (bodyBytes >= BODY_BYTES_MAX) end();
    }
    end();
    return messages;
  }
}

function byTopic(moments: readonly TraceMoment[]): Map<string, TraceRecord[]> {
  const topics = new Map<string, TraceRecord[]>();
  for (const { topic, records } of moments) {
    const those = topics.get(topic);
    if (those === undefined) topics.set(topic, [...records]);
    else those.push(...records);
  }
  return topics;
}

/** What a record is found by: the id of its message, and the keys of it. */
function keysOf(record: TraceRecord): string[] {
  const keys = "keys" in record ? record.keys ?? "" : "";
  return [record.messageId ?? "", ...keys.split(KEY_SEPARATOR)].filter((it) => it !== "");
}
