/**
 * The properties of a message on its way in: what the broker must know of them, and what it adds. They
 * stay text, since most messages need nothing but a few pairs at the end; only where a pair of the
 * producer has to go or to change are they taken apart.
 *
 * @module
 */

import {
  appendProperty,
  formatProperties,
  parseProperties,
  PROPERTY,
} from "../../store/properties.ts";

/** Names of this room that `PROPERTY` does not have (Java: `MessageConst`). */
export const SEND_PROPERTY = {
  region: PROPERTY.region,
  traceOn: PROPERTY.traceOn,
  timerDeliverMs: PROPERTY.timerDeliverMs,
  timerDelaySec: "TIMER_DELAY_SEC",
  timerDelayMs: PROPERTY.timerDelayMs,
} as const;

/** Pairs the broker puts into every message. */
export interface BrokerPairs {
  readonly region: string;
  readonly traceOn: boolean;
  readonly cluster: string;
}

const NAME_END = "\u0001";
const PAIR_END = "\u0002";

/** Pairs that only the broker may set: a message that has them was sent before. */
const OWN_NAMES = [
  SEND_PROPERTY.region,
  SEND_PROPERTY.traceOn,
  PROPERTY.cluster,
  PROPERTY.realTopic,
  PROPERTY.realQueueId,
];

/** Pairs that say when a message is to be delivered, to the second. */
export const TIMER_NAMES: readonly string[] = [
  SEND_PROPERTY.timerDeliverMs,
  SEND_PROPERTY.timerDelaySec,
  SEND_PROPERTY.timerDelayMs,
];

/** What each known name is to the broker, by name. */
type Meaning = "uniqueKey" | "delay" | "prepared" | "timer" | "counted" | "replaced" | "dropped";
const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  [PROPERTY.uniqueKey, "uniqueKey"],
  [PROPERTY.delay, "delay"],
  [PROPERTY.transactionPrepared, "prepared"],
  [PROPERTY.innerNum, "counted"],
  [PROPERTY.popCheckPoint, "dropped"],
  ...TIMER_NAMES.map((name) => [name, "timer"] as const),
  ...OWN_NAMES.map((name) => [name, "replaced"] as const),
]);

/** No name with another first letter is known. */
const FIRST_LETTERS: ReadonlySet<number> = new Set(
  Array.from(MEANINGS.keys(), (name) => name.charCodeAt(0)),
);

/** Reads the properties of one message after the other; the fields tell of the last one. */
export class SendProperties {
  readonly #pairs: readonly (readonly [string, string])[];
  readonly #pairsText: string;
  #text = "";
  /** Whether text alone cannot be added. */
  #mustRewrite = false;
  /** The producer's own id of the message; `undefined` where it gave none. */
  uniqueKey: string | undefined;
  /** Text of the delay level. */
  delay: string | undefined;
  /** Whether it is the first half of a transaction. */
  isPrepared = false;
  /** Whether it is to be delivered at a time of its own. */
  isTimer = false;
  /** Whether it says of how many messages it consists, which only a batch may. */
  isCounted = false;

  constructor({ region, traceOn, cluster }: BrokerPairs) {
    this.#pairs = [
      [SEND_PROPERTY.region, region],
      [SEND_PROPERTY.traceOn, String(traceOn)],
      [PROPERTY.cluster, cluster],
    ];
    this.#pairsText = formatProperties(this.#pairs);
  }

  /** Looks through the properties as the producer sent them. */
  read(text: string): void {
    this.#text = text;
    this.#mustRewrite = false;
    this.uniqueKey = undefined;
    this.delay = undefined;
    this.isPrepared = false;
    this.isTimer = false;
    this.isCounted = false;
    for (let at = 0; at < text.length;) {
      const found = text.indexOf(PAIR_END, at);
      const end = found < 0 ? text.length : found;
      this.#readPair(at, end);
      at = end + 1;
    }
  }

  /** The properties to be stored: the producer's, `added` and the broker's. */
  stamped(added: readonly (readonly [string, string])[] = []): string {
    if (this.#mustRewrite) return this.#rewritten(added);
    let text = this.#text;
    for (const [name, value] of added) text = appendProperty(text, name, value);
    const open = text !== "" && !text.endsWith(PAIR_END);
    return open ? text + PAIR_END + this.#pairsText : text + this.#pairsText;
  }

  /** The properties as the producer sent them, one by one. */
  pairs(): Map<string, string> {
    return parseProperties(this.#text);
  }

  /** Drops pairs of the producer. */
  drop(names: readonly string[]): void {
    const properties = this.pairs();
    for (const name of names) properties.delete(name);
    this.read(formatProperties(properties));
  }

  /** Gives a pair of the producer another value. */
  replace(name: string, value: string): void {
    const properties = parseProperties(this.#text);
    properties.set(name, value);
    this.read(formatProperties(properties));
  }

  #readPair(at: number, end: number): void {
    const text = this.#text;
    const nameEnd = text.indexOf(NAME_END, at);
    if (nameEnd <= at || nameEnd >= end - 1) {
      // Java forgets pairs without a name or a value.
      this.#mustRewrite = true;
      return;
    }
    if (!FIRST_LETTERS.has(text.charCodeAt(at))) return;
    switch (MEANINGS.get(text.slice(at, nameEnd))) {
      case "uniqueKey":
        this.uniqueKey = text.slice(nameEnd + 1, end);
        break;
      case "delay":
        this.delay = text.slice(nameEnd + 1, end);
        break;
      case "prepared":
        this.isPrepared = text.slice(nameEnd + 1, end).toLowerCase() === "true";
        break;
      case "timer":
        this.isTimer = true;
        break;
      case "counted":
        this.isCounted = true;
        break;
      case "replaced":
      case "dropped":
        this.#mustRewrite = true;
        break;
      case undefined:
        break;
    }
  }

  #rewritten(added: readonly (readonly [string, string])[]): string {
    const properties = parseProperties(this.#text);
    properties.delete(PROPERTY.popCheckPoint);
    for (const [name, value] of [...added, ...this.#pairs]) properties.set(name, value);
    return formatProperties(properties);
  }
}
