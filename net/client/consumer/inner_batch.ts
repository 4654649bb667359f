/**
 * Batches that a broker of 5.x keeps, and gives out, as one record.
 *
 * @module
 */

import { isFolded, unfoldedFlag } from "../../../store/inner_batch.ts";
import { BatchCursor } from "../../wire/batch_body.ts";
import { BodyError } from "../../wire/json_body.ts";
import { ClientError } from "../client_error.ts";
import { ReceivedMessage, type RecordOrigin } from "../received_message.ts";

const decoder = new TextDecoder();

/**
 * The messages, with those in the body of a batch in its place (Java: `MessageDecoder.decodeMessage`):
 * queue offsets follow one another from that of the record.
 *
 * @throws {ClientError} `damaged` where a body holds no batch.
 */
export function unfolded(messages: ReceivedMessage[], origin: RecordOrigin): ReceivedMessage[] {
  if (!messages.some(({ sysFlag }) => isFolded(sysFlag))) return messages;
  return messages.flatMap((message) => {
    return isFolded(message.sysFlag) ? [...innerOf(message, origin)] : message;
  });
}

function* innerOf(batch: ReceivedMessage, origin: RecordOrigin): Generator<ReceivedMessage> {
  const { record } = batch;
  const cursor = new BatchCursor(batch.body);
  const sysFlag = unfoldedFlag(record.sysFlag);
  for (let index = 0; nextOf(cursor, batch); index++) {
    yield new ReceivedMessage({
      ...record,
      sysFlag,
      flag: cursor.flag,
      queueOffset: record.queueOffset + index,
      body: cursor.body,
      properties: decoder.decode(cursor.properties),
    }, origin);
  }
}

function nextOf(cursor: BatchCursor, { topic, queueId, queueOffset }: ReceivedMessage): boolean {
  try {
    return cursor.next();
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    const where = `${topic} queue ${queueId} offset ${queueOffset}`;
    throw new ClientError(`Cannot read the batch at ${where}: ${error.message}`, {
      kind: "damaged",
      cause: error,
    });
  }
}
