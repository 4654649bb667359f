/**
 * One save at a time of something that changes meanwhile: whoever changes it during a save shares
 * the next, so a thousand changes cost two saves, and every change is in one that began after it.
 *
 * @module
 */

/**
 * The saves of one thing.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { SaveTurn } from "./save_turn.ts";
 *
 * let value = 0;
 * const saved: number[] = [];
 * const turn = new SaveTurn(async () => void saved.push(value));
 * const changes = [1, 2, 3].map((next) => {
 *   value = next;
 *   return turn.changed();
 * });
 * await Promise.all(changes);
 * assert.deepEqual(saved, [3]);
 * ```
 */
export class SaveTurn {
  readonly #save: () => Promise<void>;
  /** The save under way, or the last one. */
  #current: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;
  /** Whether the last save failed, so that something may not be on the disk. */
  #failed = false;

  /** `save` takes what is to be saved as it is when its turn comes. */
  constructor(save: () => Promise<void>) {
    this.#save = save;
  }

  /**
   * Resolves when a save that began after this call is through. Who does not wait for the promise may
   * drop it.
   *
   * @throws what the save threw, to everybody who shares it; the next one is tried all the same.
   */
  changed(): Promise<void> {
    this.#queued ??= this.#current.then(() => this.#begin(), () => this.#begin());
    this.#queued.catch(() => {});
    return this.#queued;
  }

  /**
   * Resolves when all there is has been saved: at once when it has, else with the save under way or
   * with a new one in place of one that failed.
   *
   * @throws as {@linkcode changed}.
   */
  saved(): Promise<void> {
    return this.#queued ?? (this.#failed ? this.changed() : this.#current);
  }

  /** Resolves when no save is under way or waiting, however they ended. */
  async idle(): Promise<void> {
    while (this.#queued !== undefined) await this.#queued.catch(() => {});
    await this.#current.catch(() => {});
  }

  #begin(): Promise<void> {
    this.#queued = undefined;
    return this.#current = this.#run();
  }

  async #run(): Promise<void> {
    try {
      await this.#save();
      this.#failed = false;
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }
}
