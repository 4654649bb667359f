/**
 * Has a handler deal with a message that an operator picked, out of turn and without any offset moving
 * (Java: `consumeMessageDirectly`).
 *
 * @module
 */

import { readMessage } from "../../../store/message.ts";
import { type DirectOutcome, formatDirectResult } from "../../wire/running_info.ts";
import type { Cluster } from "../cluster.ts";
import { ReceivedMessage } from "../received_message.ts";
import { reply } from "../reply.ts";
import { ConsumedMessage, type MessageGiver } from "./consumed_message.ts";

/** What is to be consumed, and by whom. */
export interface DirectConsumption {
  /** The record, of which nobody else has a view. */
  readonly record: Uint8Array;
  readonly brokerName: string;
  /** Name on the wire. */
  readonly group: string;
  readonly ordered: boolean;
  /** The application's; without one the answer says so. */
  readonly handle: ((messages: readonly ConsumedMessage[]) => unknown) | undefined;
}

/** Body of the answer to CONSUME_MESSAGE_DIRECTLY. */
export async function consumeDirectly(
  cluster: Cluster,
  { record, brokerName, group, ordered, handle }: DirectConsumption,
): Promise<Uint8Array> {
  let isBack: boolean | undefined;
  const giver: MessageGiver = {
    ack: () => void (isBack ??= false),
    retry: () => void (isBack ??= true),
    reply: (request, body) => reply(cluster, { request, body }, { group }),
    triesOf: () => 0,
  };
  const { namespace } = cluster;
  const stored = readMessage(new DataView(record.buffer, record.byteOffset), 0);
  const message = new ConsumedMessage(new ReceivedMessage(stored, { brokerName }), {
    giver,
    unwrap: (topic) => namespace.unwrap(topic),
  });
  const start = cluster.now();
  let consumeResult: DirectOutcome = "CR_RETURN_NULL";
  let remark: string | undefined = "the consumer has no handler now";
  try {
    if (handle !== undefined) {
      await handle([message]);
      consumeResult = isBack === true ? "CR_LATER" : "CR_SUCCESS";
      remark = undefined;
    }
  } catch (error) {
    consumeResult = "CR_THROW_EXCEPTION";
    remark = String(error);
  }
  const spentTimeMills = Math.max(0, cluster.now() - start);
  return formatDirectResult({
    order: ordered,
    autoCommit: true,
    consumeResult,
    remark,
    spentTimeMills,
  });
}
