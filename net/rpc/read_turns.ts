/**
 * Whose turn it is to be read from, where many connections have something to say.
 *
 * A turn of Deno's event loop ends after 128 reads, and the next one begins with the connections that
 * spoke last: of more that speak all the time, the same 256 were read from for ever and the others
 * never. So after a full turn a connection that has been read from waits for the end of the round,
 * which is a turn that was not full: by then all who had something to say have been heard.
 *
 * @module
 */

/** Settings of {@linkcode ReadTurns}. */
export interface ReadTurnsOptions {
  /** Reads that fill a turn of the event loop. */
  readonly readsMax?: number;
}

/** Who reads. */
export interface Reader {
  /** The turn in which it read last, kept by {@linkcode ReadTurns}; -1 before the first. */
  turn: number;
}

/** What the scheduler under Deno (tokio) lets the reads of a turn do before others run. */
const READS_MAX = 128;

/** Time between two looks whether anybody is still read from. */
const LOOK_MS = 1;

/** So many looks in a row that saw no read end a round, too: the last turn of it may have been full. */
const QUIET_LOOKS = 3;

/** Rounds that end with as many as the last two that fell quiet, until that is looked at again. */
const KNOWN_ROUNDS = 16;

/** The order in which the sockets of a process are read from. */
export class ReadTurns {
  readonly #readsMax: number;
  #turn = 0;
  /** Who asked for a read in this turn: what the last one brought is served. */
  #asked = 0;
  #askedBefore = 0;
  #isCounting = false;
  /** Whether reads wait for the end of the round. */
  #isCrowded = false;
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #quietLooks = 0;
  /** How many had spoken in the last round after which it fell quiet. */
  #quietSize = 0;
  /** Rounds that end with so many, as the last two such rounds had the same. */
  #knownRounds = 0;

  constructor({ readsMax = READS_MAX }: ReadTurnsOptions = {}) {
    this.#readsMax = readsMax;
  }

  /** Called before every read; returns what it has to wait for, if anything. */
  next(reader: Reader): Promise<void> | undefined {
    // Bytes that are there already are read in the same turn: one that sends fast is no crowd.
    if (reader.turn !== this.#turn) this.#count(reader);
    if (!this.#isCrowded) return undefined;
    this.#timer ??= setTimeout(this.#look, LOOK_MS);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #count(reader: Reader): void {
    reader.turn = this.#turn;
    this.#asked++;
    if (this.#asked >= this.#readsMax) this.#isCrowded = true;
    if (this.#isCounting) return;
    this.#isCounting = true;
    queueMicrotask(this.#endTurn);
  }

  /** A turn serves what it has read in microtasks, one step of each connection after another. */
  readonly #endTurn = (): void => {
    if (this.#asked > this.#askedBefore) {
      this.#askedBefore = this.#asked;
      return queueMicrotask(this.#endTurn);
    }
    const isFull = this.#asked >= this.#readsMax;
    this.#turn++;
    this.#asked = 0;
    this.#askedBefore = 0;
    this.#isCounting = false;
    this.#quietLooks = 0;
    if (!this.#isCrowded) return;
    const isKnown = this.#knownRounds > 0 && this.#waiting.length >= this.#quietSize;
    if (!isFull || isKnown) this.#endRound();
  };

  readonly #look = (): void => {
    this.#timer = undefined;
    if (++this.#quietLooks < QUIET_LOOKS) {
      this.#timer = setTimeout(this.#look, LOOK_MS);
      return;
    }
    const { length } = this.#waiting;
    if (length === this.#quietSize) this.#knownRounds = KNOWN_ROUNDS;
    this.#quietSize = length;
    this.#endRound();
  };

  #endRound(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#knownRounds > 0) this.#knownRounds--;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#isCrowded = waiting.length >= this.#readsMax;
    for (const begin of waiting) begin();
  }
}
