/**
 * Answers to sends: what a put came to, in codes and remarks of Java (Java:
 * `SendMessageProcessor.handlePutMessageResult`).
 *
 * @module
 */

import type { HostBytes } from "../../store/layout.ts";
import { formatMessageId } from "../../store/message_id.ts";
import type { PutResult, PutStatus } from "../../store/put.ts";
import type { Reply } from "../rpc/call.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { ResponseName } from "../wire/codes.ts";
import type { BrokerConfig } from "./broker_config.ts";

/** What answers are made of. */
export interface SendReplyInput {
  readonly config: Pick<BrokerConfig, "maxMessageSize" | "regionId" | "traceOn">;
  /** Address in the records, which a message id leads back to. */
  readonly storeHost: HostBytes;
}

/** What of a request its answer repeats. */
export interface SendEcho {
  /** The queue the message was sent to, whatever queue it waits in now. */
  readonly queueId: number;
  /** Id of the message or the batch from its producer. */
  readonly uniqueKey: string | undefined;
  /** By which its producer can take it back. */
  readonly recallHandle?: string | undefined;
}

/** Fields that every answer to a send carries, refusals included. */
export function traceFields(config: SendReplyInput["config"]): Record<string, string> {
  return { MSG_REGION: config.regionId, TRACE_ON: String(config.traceOn) };
}

/** What a handler of sends throws for an error: a refusal with these fields, anything else as it is. */
export function traced(error: unknown, config: SendReplyInput["config"]): unknown {
  if (!(error instanceof Refusal)) return error;
  return new Refusal(error.code, error.remark, { extFields: traceFields(config), cause: error });
}

/** Makes the answers of one broker. */
export class SendReplies {
  readonly #region: string;
  readonly #traceOn: string;
  readonly #ids: MessageIds;
  readonly #illegal: string;

  constructor({ config, storeHost }: SendReplyInput) {
    this.#region = config.regionId;
    this.#traceOn = String(config.traceOn);
    this.#ids = new MessageIds(storeHost);
    this.#illegal = illegalRemark(config);
  }

  /** The answer to a send whose put has ended. A message that was stored always gets its place. */
  of(result: PutResult, { queueId, uniqueKey, recallHandle }: SendEcho): Reply {
    const extFields: Record<string, string> = {
      MSG_REGION: this.#region,
      TRACE_ON: this.#traceOn,
    };
    if (result.stored) {
      extFields["msgId"] = this.#msgId(result.physicalOffsets);
      extFields["queueId"] = String(queueId);
      extFields["queueOffset"] = String(result.queueOffset);
      if (uniqueKey !== undefined) extFields["transactionId"] = uniqueKey;
      if (recallHandle !== undefined) extFields["recallHandle"] = recallHandle;
    }
    if (result.status === "PUT_OK") return { extFields };
    return { code: PUT_CODES[result.status], remark: this.#remark(result), extFields };
  }

  #msgId(physicalOffsets: readonly number[]): string {
    let text = this.#ids.of(physicalOffsets[0]!);
    for (let at = 1; at < physicalOffsets.length; at++) {
      text += `,${this.#ids.of(physicalOffsets[at]!)}`;
    }
    return text;
  }

  #remark({ status, reason }: PutResult): string | undefined {
    switch (status) {
      case "PUT_OK":
      case "FLUSH_DISK_TIMEOUT":
        return undefined;
      case "MESSAGE_ILLEGAL":
      case "PROPERTIES_SIZE_EXCEEDED":
        return this.#illegal;
      case "CREATE_MAPPED_FILE_FAILED":
        return "create mapped file failed, server is busy or broken.";
      case "SERVICE_NOT_AVAILABLE":
        return `service not available now. It may be caused by one of the following reasons: ${reason}`;
      case "LMQ_CONSUME_QUEUE_NUM_EXCEEDED":
        return "[LMQ_CONSUME_QUEUE_NUM_EXCEEDED]lmq consume queue num exceeded.";
      case "UNKNOWN_ERROR":
        return "UNKNOWN_ERROR";
    }
  }
}

/** The remark of a message that breaks a limit. */
export function illegalRemark({ maxMessageSize }: Pick<BrokerConfig, "maxMessageSize">): string {
  return "the message is illegal, maybe msg body or properties length not matched. " +
    `msg body length limit ${maxMessageSize}B, msg properties length limit 32KB.`;
}

const PUT_CODES: Readonly<Record<PutStatus, ResponseName>> = {
  PUT_OK: "SUCCESS",
  FLUSH_DISK_TIMEOUT: "FLUSH_DISK_TIMEOUT",
  SERVICE_NOT_AVAILABLE: "SERVICE_NOT_AVAILABLE",
  CREATE_MAPPED_FILE_FAILED: "SYSTEM_ERROR",
  MESSAGE_ILLEGAL: "MESSAGE_ILLEGAL",
  PROPERTIES_SIZE_EXCEEDED: "MESSAGE_ILLEGAL",
  LMQ_CONSUME_QUEUE_NUM_EXCEEDED: "LMQ_QUOTA_EXCEEDED",
  UNKNOWN_ERROR: "SYSTEM_ERROR",
};

/** Hexadecimal digits of the lower half of an offset, at the end of an id. */
const LOW_DIGITS = 8;
const LOW_SPAN = 2 ** (4 * LOW_DIGITS);

const HEX = Array.from(
  { length: 0x100 },
  (_, byte) => byte.toString(16).padStart(2, "0").toUpperCase(),
);

/** {@linkcode formatMessageId} for many ids of one broker: all but the last digits stay for long. */
class MessageIds {
  readonly #storeHost: HostBytes;
  #high = -1;
  #prefix = "";

  constructor(storeHost: HostBytes) {
    this.#storeHost = storeHost;
  }

  of(physicalOffset: number): string {
    const high = Math.floor(physicalOffset / LOW_SPAN);
    if (high !== this.#high) {
      this.#high = high;
      this.#prefix = formatMessageId(this.#storeHost, physicalOffset).slice(0, -LOW_DIGITS);
    }
    const low = physicalOffset - high * LOW_SPAN;
    return this.#prefix + (HEX[low >>> 24]! + HEX[(low >>> 16) & 0xff]) +
      (HEX[(low >>> 8) & 0xff]! + HEX[low & 0xff]);
  }
}
