/**
 * A message as it is given to a producer.
 *
 * @module
 */

/** What is to be sent. */
export interface Message {
  readonly topic: string;
  /** Text is sent as UTF-8. */
  readonly body: Uint8Array | string;
  /** What subscriptions choose by. */
  readonly tag?: string | undefined;
  /** What it can be found by later; one may hold no spaces. */
  readonly keys?: string | readonly string[] | undefined;
  /** The application's own. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
  /** 1 to the number of the broker's levels, 18 if nobody changed them: 1 s to 2 h. */
  readonly delayLevel?: number | undefined;
  /** Delivered then (epoch ms), by brokers from 5.0. */
  readonly deliverAt?: number | Date | undefined;
  /** Delivered so many ms after the broker has it, by brokers from 5.0. */
  readonly delayMs?: number | undefined;
  /** 32 bits RocketMQ does nothing with. */
  readonly flag?: number | undefined;
  /** `false`: a broker that syncs before it answers does not for this one. Default `true`. */
  readonly waitStored?: boolean | undefined;
}
