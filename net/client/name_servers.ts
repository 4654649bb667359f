/**
 * The name servers of a cluster, asked in turn until one answers; the one that did is asked first
 * the next time.
 *
 * @module
 */

import { parseAddress } from "../rpc/address.ts";
import type { Outgoing } from "../rpc/connection.ts";
import type { InvokeOptions } from "../rpc/pending_requests.ts";
import { type RequestName, responseName } from "../wire/codes.ts";
import type { RemotingCommand } from "../wire/command.ts";
import { ClientError } from "./client_error.ts";

/** Asks the server at an address. */
export type Ask = (
  address: string,
  asked: Outgoing,
  options: InvokeOptions,
) => Promise<RemotingCommand>;

/**
 * Addresses in a text, `"a:9876;b:9876"`, or in a list.
 *
 * @throws {ClientError} `invalid` without any, and for one that is not `host:port`.
 */
export function nameServerAddresses(text: string | readonly string[]): readonly string[] {
  const listed: readonly unknown[] = typeof text === "string"
    ? text.split(/[;,]/)
    : Array.isArray(text)
    ? text
    : [text ?? ""];
  const addresses = listed.map((it) => String(it).trim()).filter((it) => it !== "");
  if (addresses.length === 0) {
    throw new ClientError("Cannot connect: no name server is given", { kind: "invalid" });
  }
  for (const address of addresses) {
    if (isAddress(address)) continue;
    const reason = `name server "${address}" is not host:port, such as 127.0.0.1:9876`;
    throw new ClientError(`Cannot connect: ${reason}`, { kind: "invalid" });
  }
  return addresses;
}

function isAddress(text: string): boolean {
  try {
    return parseAddress(text).port > 0;
  } catch {
    return false;
  }
}

/** What every name server of every release answers, and no broker. */
const ANSWERED_BY_ALL: ReadonlySet<RequestName> = new Set<RequestName>([
  "GET_ROUTEINFO_BY_TOPIC",
  "GET_BROKER_CLUSTER_INFO",
  "GET_ALL_TOPIC_LIST_FROM_NAMESERVER",
]);

/** Throws where what answers is no name server. */
function checkNameServer(address: string, { name }: Outgoing, { code }: RemotingCommand): void {
  if (responseName(code) !== "REQUEST_CODE_NOT_SUPPORTED" || !ANSWERED_BY_ALL.has(name)) return;
  throw new Error(
    `what listens at ${address} is no name server (it does not know ${name}), this looks like a ` +
      "broker's address; name servers usually listen on port 9876",
  );
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
   * The first answer of a name server, whatever its code.
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
        checkNameServer(addresses[number]!, asked, answer);
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
