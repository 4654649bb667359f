/**
 * The stacks of disposables for runtimes that have `Symbol.dispose` and not yet the stacks, which is
 * Node before 24. The package for npm imports its stacks from here, so that no global is touched.
 *
 * @module
 */

type Ending = () => unknown;

/** Both errors of an ending that failed while an earlier failure was under way. */
class SuppressedEnding extends Error {
  override readonly name = "SuppressedError";
  readonly error: unknown;
  readonly suppressed: unknown;

  constructor(error: unknown, suppressed: unknown) {
    super("An error was suppressed during disposal");
    this.error = error;
    this.suppressed = suppressed;
  }
}

/** What has failed so far; the latest failure wraps those before it. */
class Failures {
  #thrown: { readonly error: unknown } | undefined;

  add(error: unknown): void {
    const earlier = this.#thrown;
    this.#thrown = { error: earlier ? new SuppressedEnding(error, earlier.error) : error };
  }

  throwIfAny(): void {
    if (this.#thrown !== undefined) throw this.#thrown.error;
  }
}

/** What both stacks are: endings in the order in which they were given, run in reverse. */
class Endings {
  #endings: Ending[] = [];
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  add(ending: Ending): void {
    this.#throwIfEnded();
    this.#endings.push(ending);
  }

  /** Hands all over; who had them has ended. */
  moveTo(other: Endings): void {
    this.#throwIfEnded();
    other.#endings = this.take();
  }

  /** All of them, last one first run; empty the second time. */
  take(): Ending[] {
    this.#ended = true;
    return this.#endings.splice(0);
  }

  #throwIfEnded(): void {
    if (this.#ended) throw new ReferenceError("Cannot use a stack that is disposed");
  }
}

function endingOf(value: object, symbols: readonly symbol[]): Ending {
  for (const symbol of symbols) {
    const method = (value as Record<symbol, unknown>)[symbol];
    if (method !== undefined && method !== null) return (method as Ending).bind(value);
  }
  throw new TypeError(`Cannot dispose of a value: it has no ${symbols.map(String).join(" or ")}`);
}

/** `DisposableStack` of ECMAScript, as far as this project uses it. */
export class PlainDisposableStack implements Disposable {
  readonly #endings = new Endings();

  get disposed(): boolean {
    return this.#endings.ended;
  }

  use<T extends Disposable | null | undefined>(value: T): T {
    if (value) this.#endings.add(endingOf(value, [Symbol.dispose]));
    return value;
  }

  adopt<T>(value: T, onDispose: (value: T) => void): T {
    this.#endings.add(() => onDispose(value));
    return value;
  }

  defer(onDispose: () => void): void {
    this.#endings.add(onDispose);
  }

  move(): PlainDisposableStack {
    const moved = new PlainDisposableStack();
    this.#endings.moveTo(moved.#endings);
    return moved;
  }

  dispose(): void {
    const failures = new Failures();
    for (const ending of this.#endings.take().toReversed()) {
      try {
        ending();
      } catch (error) {
        failures.add(error);
      }
    }
    failures.throwIfAny();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** `AsyncDisposableStack` of ECMAScript, as far as this project uses it. */
export class PlainAsyncDisposableStack implements AsyncDisposable {
  readonly #endings = new Endings();

  get disposed(): boolean {
    return this.#endings.ended;
  }

  use<T extends AsyncDisposable | Disposable | null | undefined>(value: T): T {
    if (value) this.#endings.add(endingOf(value, [Symbol.asyncDispose, Symbol.dispose]));
    return value;
  }

  adopt<T>(value: T, onDispose: (value: T) => void | PromiseLike<void>): T {
    this.#endings.add(() => onDispose(value));
    return value;
  }

  defer(onDispose: () => void | PromiseLike<void>): void {
    this.#endings.add(onDispose);
  }

  move(): PlainAsyncDisposableStack {
    const moved = new PlainAsyncDisposableStack();
    this.#endings.moveTo(moved.#endings);
    return moved;
  }

  async disposeAsync(): Promise<void> {
    const failures = new Failures();
    for (const ending of this.#endings.take().toReversed()) {
      try {
        await ending();
      } catch (error) {
        failures.add(error);
      }
    }
    failures.throwIfAny();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disposeAsync();
  }
}

interface Global {
  readonly DisposableStack?: typeof PlainDisposableStack;
  readonly AsyncDisposableStack?: typeof PlainAsyncDisposableStack;
}

/** The runtime's, where it has one. */
export const DisposableStack: typeof PlainDisposableStack =
  (globalThis as unknown as Global).DisposableStack ?? PlainDisposableStack;

/** The runtime's, where it has one. */
export const AsyncDisposableStack: typeof PlainAsyncDisposableStack =
  (globalThis as unknown as Global).AsyncDisposableStack ?? PlainAsyncDisposableStack;
