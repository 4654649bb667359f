/**
 * Settings of a client.
 *
 * @module
 */

import type { Log } from "../rpc/limits.ts";
import type { Credentials } from "./signature.ts";

/** How to reach a cluster. */
export interface ClientOptions {
  /** `"a:9876;b:9876"`, or an array. They are asked in turn until one answers. */
  readonly nameServers: string | readonly string[];
  /** Requests are signed with them. */
  readonly credentials?: Credentials | undefined;
  /** Put before names of topics and groups on the wire, and taken off again. */
  readonly namespace?: string | undefined;
  /** Middle part of the client id; default: process and a number. */
  readonly instanceName?: string | undefined;
  /** Last part of the client id. */
  readonly unitName?: string | undefined;
  /** For whatever has no time-out of its own; default 3,000. Times are integers from 1 to 2³¹ - 1. */
  readonly requestTimeoutMs?: number | undefined;
  /** Time to open a connection; default 3,000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How long a silent broker or name server is waited for when something is closed; default 1,000.
   * Sends and handlers under way have times of their own.
   */
  readonly closeTimeoutMs?: number | undefined;
  /** Sends go to the port two below a broker's; default `false`. */
  readonly vipChannel?: boolean | undefined;
  /** Between two looks at the routes of topics in use; default 30,000. */
  readonly routeRefreshMs?: number | undefined;
  /** Between two times brokers are told who is there; default 30,000. */
  readonly heartbeatMs?: number | undefined;
  /**
   * Takes what an operator should know, such as what a handler threw: a text, and the error behind it.
   * Default: nobody.
   */
  readonly log?: Log | undefined;
  /** Clock, epoch ms. */
  readonly now?: (() => number) | undefined;
  /** From 0 to below 1. */
  readonly random?: (() => number) | undefined;
}
