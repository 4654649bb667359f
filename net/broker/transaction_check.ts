/**
 * Looking after half messages whose producers have not said how they end: the producers are asked, and
 * what nobody ends is given up after some times (Java: `TransactionalMessageServiceImpl.check`).
 *
 * A round goes through the half queue from where the last one stopped. A half message that is to be
 * looked at again later is copied to the end of the queue, so that the queue is never held up by one.
 * The op message that settles it is put then and there: Java leaves that to the offsets, and asks again
 * about everything since they were last saved when it crashes.
 *
 * Unlike Java, a half message whose time has not come is not counted as asked about, and the last answer
 * is waited for before it is given up.
 *
 * @module
 */

import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { HostBytes } from "../../store/layout.ts";
import type { MessageRecord } from "../../store/message.ts";
import { formatMessageId } from "../../store/message_id.ts";
import { parseProperties, PROPERTY } from "../../store/properties.ts";
import type { MessageDraft, PutResult } from "../../store/put.ts";
import type { Store } from "../../store/store.ts";
import type { Log } from "../rpc/limits.ts";
import { parseInt32 } from "../wire/header.ts";
import { encodeHeader } from "../wire/headers.ts";
import { PERM } from "../wire/topic_config.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { BrokerStats } from "./broker_stats.ts";
import { CopiedHalves, firstOf } from "./copied_halves.ts";
import { EndedHalves } from "./ended_halves.ts";
import {
  askedRecord,
  copiedDraft,
  givenUpDraft,
  HALF_QUEUE_ID,
  hasHalfPairs,
  immunityMs,
  TRANSACTION_GROUP,
  TRANSACTION_PROPERTY,
} from "./half_message.ts";
import type { OffsetTable } from "./offset_table.ts";
import type { ProducerGroups } from "./producer_groups.ts";
import { storedMessages } from "./stored_draft.ts";
import {
  TRANS_CHECK_MAX_TIME_TOPIC,
  TRANS_HALF_TOPIC,
  TRANS_OP_HALF_TOPIC,
} from "../wire/topic_names.ts";
import type { TopicTable } from "./topic_table.ts";
import type { Transactions } from "./transactions.ts";

/** What the check works on. */
export interface TransactionCheckOptions {
  readonly config: Pick<
    BrokerConfig,
    "brokerName" | "fileReservedTime" | "transactionCheckMax" | "transactionTimeOut"
  >;
  readonly store: Pick<Store, "get" | "put" | "queueRange">;
  /** Address in the records. */
  readonly storeHost: HostBytes;
  readonly topics: TopicTable;
  readonly offsets: OffsetTable;
  readonly producers: ProducerGroups;
  readonly transactions: Transactions;
  readonly stats: BrokerStats;
  /** Takes what an operator should know. */
  readonly log: Log;
  readonly now: () => number;
}

/** Half messages read and dealt with at once. */
const BATCH_COUNT = 32;

const HOUR_MS = 3_600_000;

/** What is done about one half message. */
type Step =
  /** It needs nothing, now or ever. */
  | { readonly kind: "pass" }
  /** It is too young, as all behind it are. */
  | { readonly kind: "wait" }
  /** It goes elsewhere; `ask` where its producer is asked about the copy. */
  | { readonly kind: "move"; readonly draft: MessageDraft; readonly ask: boolean };

const PASS: Step = { kind: "pass" };
const WAIT: Step = { kind: "wait" };

/** One round. */
interface Round {
  readonly ended: EndedHalves;
  /** Behind the last half message there was when it began. */
  readonly end: number;
  /** Index of the next half message. */
  offset: number;
}

/** Looks after the half messages of a broker. */
export class TransactionCheck {
  readonly #options: TransactionCheckOptions;
  /** Copies there were when the broker started; later ones are known to the transactions. */
  #copied: CopiedHalves | undefined;

  /** A queue may have lost its end in a crash, or its beginning to time: offsets are kept within. */
  constructor(options: TransactionCheckOptions) {
    this.#options = options;
    for (const topic of [TRANS_HALF_TOPIC, TRANS_OP_HALF_TOPIC]) {
      const kept = this.#position(topic);
      const { min, max } = options.store.queueRange(topic, HALF_QUEUE_ID) ?? { min: 0, max: 0 };
      const offset = Math.min(Math.max(kept, min), max);
      if (offset !== kept) this.#moveTo(topic, offset);
    }
  }

  /** Goes through the half messages that are old enough. */
  async round({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { store } = this.#options;
    const end = store.queueRange(TRANS_HALF_TOPIC, HALF_QUEUE_ID)?.max ?? 0;
    const offset = this.#position(TRANS_HALF_TOPIC);
    const opOffset = this.#position(TRANS_OP_HALF_TOPIC);
    const ended = await EndedHalves.read(store, { opOffset, halfOffset: offset });
    this.#copied ??= await CopiedHalves.read(store, { from: offset, to: end });
    const round = { ended, end, offset };
    let goesOn = true;
    while (goesOn && round.offset < end && signal?.aborted !== true) {
      goesOn = await this.#batch(round);
      this.#moveTo(TRANS_HALF_TOPIC, round.offset);
      await nextTurn();
    }
    this.#moveTo(TRANS_OP_HALF_TOPIC, ended.position);
  }

  /** Deals with the half messages of one read; whether there may be more to do. */
  async #batch(round: Round): Promise<boolean> {
    // Most are ended, and need not be read.
    while (this.#isEnded(round, round.offset)) round.ended.pass(round.offset++);
    const found = await this.#options.store.get({
      topic: TRANS_HALF_TOPIC,
      queueId: HALF_QUEUE_ID,
      queueOffset: round.offset,
      countMax: BATCH_COUNT,
    });
    if (found.status !== "FOUND") {
      const isMoved = found.nextBeginOffset > round.offset;
      round.offset = Math.max(round.offset, found.nextBeginOffset);
      return isMoved;
    }
    let next = found.nextBeginOffset;
    const moves: { readonly from: number; readonly move: Promise<PutResult> }[] = [];
    for (const half of storedMessages(found.body)) {
      const step = this.#stepOf(half, round);
      if (step.kind === "wait") {
        next = half.queueOffset;
        break;
      }
      round.ended.pass(half.queueOffset);
      if (step.kind === "move") {
        moves.push({ from: half.queueOffset, move: this.#move(half, step) });
      }
    }
    const isOver = next < found.nextBeginOffset;
    const puts = await Promise.all(moves.map(({ move }) => move));
    const failed = puts.findIndex(({ stored }) => !stored);
    round.offset = failed < 0 ? next : moves[failed]!.from;
    if (failed >= 0) this.#options.log(`Cannot move a half message: ${puts[failed]!.reason}`);
    return !isOver && failed < 0;
  }

  #isEnded({ ended }: Round, offset: number): boolean {
    return ended.has(offset) || this.#options.transactions.stateOf(offset) === "ended";
  }

  #stepOf(half: MessageRecord, round: Round): Step {
    const { config, transactions, now } = this.#options;
    const { queueOffset, bornTimestamp } = half;
    if (this.#isEnded(round, queueOffset)) return PASS;
    if (transactions.stateOf(queueOffset) === "ending") return WAIT;
    // What came in this round, its own copies among it, is for the next.
    if (queueOffset >= round.end) return WAIT;
    const properties = parseProperties(half.properties);
    const first = firstOf(properties);
    if (first !== undefined && this.#isEnded(round, first)) return PASS;
    if (this.#copied!.has(half, properties)) return PASS;
    const times = numberOf(properties.get(TRANSACTION_PROPERTY.checkTimes));
    const ageMs = now() - bornTimestamp;
    const isOld = ageMs > config.fileReservedTime * HOUR_MS;
    if (times >= config.transactionCheckMax || isOld || !hasHalfPairs(half)) {
      return { kind: "move", draft: givenUpDraft(half), ask: false };
    }
    const immunity = properties.get(TRANSACTION_PROPERTY.immunitySeconds);
    if (immunity === undefined) {
      // A producer's clock that is ahead must not keep its message from being looked at.
      if (ageMs >= 0 && ageMs < config.transactionTimeOut) return WAIT;
    } else if (ageMs <= immunityMs(immunity, config.transactionTimeOut)) {
      const changes = { [TRANSACTION_PROPERTY.firstOffset]: String(first ?? queueOffset) };
      return { kind: "move", draft: copiedDraft(half, changes), ask: false };
    }
    const changes = { [TRANSACTION_PROPERTY.checkTimes]: String(times + 1) };
    return { kind: "move", draft: copiedDraft(half, changes), ask: true };
  }

  #move(half: MessageRecord, { draft, ask }: Step & { kind: "move" }): Promise<PutResult> {
    const { store, transactions, topics, stats, log } = this.#options;
    const isGivenUp = draft.topic === TRANS_CHECK_MAX_TIME_TOPIC;
    if (isGivenUp) topics.createOwned(draft.topic, { queueNums: 1, perm: PERM.READ | PERM.WRITE });
    return new Promise((resolve) =>
      store.put(draft, (put) => {
        if (put.stored) {
          stats.put(draft.topic, 1, put.wroteBytes);
          if (isGivenUp) log(`Gave up ${describe(half)}`);
          const isOpen = !isGivenUp && transactions.copied(half.queueOffset, put.queueOffset);
          // The copy stands for it from now on, whatever becomes of the offsets in a crash. One whose
          // time had not come says in the copy what it was: an op message would end the copy, too.
          if (isGivenUp || ask) transactions.settle(half.queueOffset, () => {});
          if (isOpen && ask) this.#ask(half, draft, put);
        }
        resolve(put);
      })
    );
  }

  /** Asks a member of the producer's group, which tells how it ends when it knows. */
  #ask(half: MessageRecord, draft: MessageDraft, { physicalOffset, queueOffset }: PutResult): void {
    const { producers, storeHost, config: { brokerName } } = this.#options;
    const properties = parseProperties(draft.properties);
    const member = producers.pick(properties.get(PROPERTY.producerGroup) ?? "");
    if (member === undefined) return;
    const msgId = properties.get(PROPERTY.uniqueKey);
    const name = "CHECK_TRANSACTION_STATE";
    const extFields = encodeHeader(name, {
      topic: TRANS_HALF_TOPIC,
      tranStateTableOffset: queueOffset,
      commitLogOffset: physicalOffset,
      msgId,
      transactionId: msgId,
      offsetMsgId: formatMessageId(storeHost, physicalOffset),
      brokerName,
    });
    const body = askedRecord(half, { draft, physicalOffset, queueOffset });
    member.connection.oneway({ name, extFields, body });
  }

  /** Index of the next message; of a queue nobody has read, the first there is. */
  #position(topic: string): number {
    const { offsets, store } = this.#options;
    const kept = offsets.query(TRANSACTION_GROUP, topic, HALF_QUEUE_ID);
    return kept >= 0 ? kept : store.queueRange(topic, HALF_QUEUE_ID)?.min ?? 0;
  }

  #moveTo(topic: string, offset: number): void {
    if (this.#position(topic) === offset) return;
    this.#options.offsets.commit(TRANSACTION_GROUP, topic, HALF_QUEUE_ID, offset);
  }
}

/** Looks after half messages every so often until `signal` aborts. */
export async function transactionCheckLoop(
  check: Pick<TransactionCheck, "round">,
  { intervalMs, signal, log }: {
    readonly intervalMs: () => number;
    readonly signal: AbortSignal;
    readonly log: Log;
  },
): Promise<void> {
  while (!signal.aborted) {
    // Aborting ends the sleep early, which is all it is for.
    await sleep(intervalMs(), undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    await check.round({ signal }).catch((cause) => log("Cannot look after half messages", cause));
  }
}

/** How often a producer was asked; what is no number counts as in Java. */
function numberOf(text: string | undefined): number {
  return text === undefined ? 0 : parseInt32(text) ?? -1;
}

function describe({ properties, physicalOffset }: MessageRecord): string {
  const topic = parseProperties(properties).get(PROPERTY.realTopic);
  return `a half message of "${topic}" at ${physicalOffset}, which nobody ended`;
}
