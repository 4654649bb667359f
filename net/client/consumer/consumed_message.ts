/**
 * A message that a consumer gives to the application, which says what became of it.
 *
 * @module
 */

import { PROPERTY } from "../../../store/properties.ts";
import { RETRY_PREFIX } from "../../wire/topic_names.ts";
import { ClientError } from "../client_error.ts";
import { ReceivedMessage, type RecordOrigin } from "../received_message.ts";

/** What 32 bits hold on the wire. */
const LEVEL_MAX = 2 ** 31 - 1;

/** When a message is to come again. */
export interface RetryOptions {
  /**
   * 1 to the number of the broker's levels; 0, the default, leaves it to the broker, which waits longer
   * each time; below 0 the message goes to the dead letters at once. Ordered messages come again after
   * `suspendMs`, but for one that is to go to the dead letters.
   */
  readonly delayLevel?: number | undefined;
}

/** Who gave messages out, and takes what the application says of them. */
export interface MessageGiver {
  /** It is done with. */
  ack(message: ConsumedMessage): void;
  /** It is to come again. */
  retry(message: ConsumedMessage, delayLevel: number): void;
  /** Sends an answer to a message that was sent as a request. */
  reply(message: ConsumedMessage, body: Uint8Array | string): Promise<void>;
  /** Deliveries by this member, before this one, that the record knows nothing of. */
  triesOf(message: ConsumedMessage): number;
}

/** A message of a subscription. One of {@linkcode ack} and {@linkcode retry} counts, the first. */
export class ConsumedMessage extends ReceivedMessage {
  readonly #giver: MessageGiver;

  constructor(message: ReceivedMessage, { unwrap, giver }: {
    readonly unwrap: Unwrap;
    readonly giver: MessageGiver;
  }) {
    super(message, { brokerName: message.brokerName, unwrap: shownAs(message, unwrap) });
    this.#giver = giver;
  }

  override get attempt(): number {
    return super.attempt + this.#giver.triesOf(this);
  }

  /** It is done with, and does not come again once the consumer's offsets are stored. */
  ack(): void {
    this.#giver.ack(this);
  }

  /**
   * It could not be dealt with, and comes again later, to any member of the group; after `attemptsMax`
   * deliveries it goes to the dead letters. When broadcasting, it does not come again.
   *
   * @throws {ClientError} `invalid` for a level that is no integer.
   */
  retry({ delayLevel = 0 }: RetryOptions = {}): void {
    if (!Number.isInteger(delayLevel) || Math.abs(delayLevel) > LEVEL_MAX) {
      const text = `Cannot give back message ${this.messageId}: delayLevel is ${delayLevel}, ` +
        `which is no integer from ${-LEVEL_MAX} to ${LEVEL_MAX}`;
      throw new ClientError(text, { kind: "invalid" });
    }
    this.#giver.retry(this, delayLevel);
  }

  /**
   * Answers whoever waits for it in `producer.request()`.
   *
   * @throws {ClientError} `invalid` when the message is no request; `refused`, when nobody waits any
   * more.
   * @throws {RpcError} when the broker does not answer.
   */
  async reply(body: Uint8Array | string): Promise<void> {
    await this.#giver.reply(this, body);
  }
}

type Unwrap = NonNullable<RecordOrigin["unwrap"]>;

/** A retried message is shown under the topic it was sent to. */
function shownAs(message: ReceivedMessage, unwrap: Unwrap): Unwrap {
  if (!message.topic.startsWith(RETRY_PREFIX)) return unwrap;
  const sentTo = message.properties.get(PROPERTY.retryTopic);
  return (topic) => unwrap(sentTo ?? topic);
}
