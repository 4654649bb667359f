/**
 * How much of a producer may be under way at once: who would send more waits in line.
 *
 * @module
 */

/** Limits of {@linkcode InFlight}. */
export interface InFlightLimits {
  readonly countMax: number;
  readonly bytesMax: number;
}

interface Waiter {
  readonly bytes: number;
  enter(): void;
}

/** Sends under way. */
export class InFlight {
  readonly #limits: InFlightLimits;
  readonly #waiting = new Set<Waiter>();
  #count = 0;
  #bytes = 0;
  #whenEmpty: (() => void)[] = [];

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  /** Sends under way. */
  get count(): number {
    return this.#count;
  }

  /** Bytes under way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Sends that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Goes in if there is room and nobody waits. One alone has room, whatever its size. */
  tryEnter(bytes: number): boolean {
    if (this.#waiting.size > 0 || !this.#hasRoom(bytes)) return false;
    this.#count++;
    this.#bytes += bytes;
    return true;
  }

  /** Waits in line until there is room, no longer than `timeoutMs`; whether it went in. */
  async enter(
    bytes: number,
    { timeoutMs, signal }: {
      readonly timeoutMs: number;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<boolean> {
    signal?.throwIfAborted();
    if (this.tryEnter(bytes)) return true;
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const waiter: Waiter = { bytes, enter: () => resolve(true) };
    // Whoever gives up is out of the line at once; else it could be let in and never leave.
    const abort = () => (this.#waiting.delete(waiter), reject(signal?.reason));
    const expire = () => (this.#waiting.delete(waiter), resolve(false));
    const timer = setTimeout(expire, timeoutMs);
    signal?.addEventListener("abort", abort, { once: true });
    this.#waiting.add(waiter);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      this.#admit();
    }
  }

  /** One that went in is done. */
  leave(bytes: number): void {
    this.#count--;
    this.#bytes -= bytes;
    if (this.#waiting.size > 0) this.#admit();
    if (this.#count > 0 || this.#whenEmpty.length === 0) return;
    for (const tell of this.#whenEmpty.splice(0)) tell();
  }

  /** Resolves when nothing is under way. */
  empty(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  #hasRoom(bytes: number): boolean {
    if (this.#count === 0) return true;
    return this.#count < this.#limits.countMax && this.#bytes + bytes <= this.#limits.bytesMax;
  }

  #admit(): void {
    for (const waiter of this.#waiting) {
      if (!this.#hasRoom(waiter.bytes)) return;
      this.#waiting.delete(waiter);
      this.#count++;
      this.#bytes += waiter.bytes;
      waiter.enter();
    }
  }
}
