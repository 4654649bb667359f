/**
 * The name servers of a cluster, asked in turn until one answers; the one that did is asked first
 * the next time.
 *
 * @module
 */

import type { Outgoing } from "../rpc/connection.ts";
import type { InvokeOptions } from "../rpc/pending_requests.ts";
import type { RemotingCommand } from "../wire/command.ts";
import { ClientError } from "./client_error.ts";

/** Asks the server at an address. */
export type Ask = (
  address: string,
  asked: Outgoing,
  options: InvokeOptions,
) => Promise<RemotingCommand>;

/** Addresses in a text, `"a:9876;b:9876"`, or in a list. */
export function nameServerAddresses(text: string | readonly string[]): readonly string[] {
  const listed = typeof text === "string" ? text.split(/[;,]/) : text;
  return listed.map((it) => it.trim()).filter((it) => it !== "");
}

/** Name servers that know the same. */
export class NameServers {
  /** `host:port` of each. */
  readonly addresses: readonly string[];
  readonly #ask: Ask;
  readonly #timeoutMs: number;
  /** The one that answered last. */
  #current: number;

  constructor(
    addresses: readonly string[],
    { ask, timeoutMs, first = 0 }: {
      readonly ask: Ask;
      /** Time each has. */
      readonly timeoutMs: number;
      /** Number of the one that is asked first. */
      readonly first?: number;
    },
  ) {
    this.addresses = addresses;
    this.#ask = ask;
    this.#timeoutMs = timeoutMs;
    this.#current = first;
  }

  /**
   * The first answer, whatever its code.
   *
   * @throws {ClientError} `name-server` when none answers; the reason of `signal`.
   */
  async ask(asked: Outgoing, signal?: AbortSignal): Promise<RemotingCommand> {
    const { addresses } = this;
    const failures: string[] = [];
    for (let tried = 0; tried < addresses.length; tried++) {
      const number = (this.#current + tried) % addresses.length;
      try {
        const options = { timeoutMs: this.#timeoutMs, signal };
        const answer = await this.#ask(addresses[number]!, asked, options);
        this.#current = number;
        return answer;
      } catch (error) {
        signal?.throwIfAborted();
        failures.push((error as Error).message);
      }
    }
    throw new ClientError(`No name server answers: ${failures.join("; ")}`, {
      kind: "name-server",
    });
  }
}
