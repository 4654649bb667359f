/**
 * Servers that change nothing: requests that only read are served, all others are refused, those that
 * are invented later among them.
 *
 * @module
 */

import type { RequestName } from "../wire/codes.ts";
import { Refusal } from "./refusal.ts";
import type { Route } from "./routes.ts";

/**
 * The route, or one that refuses every such request with `NO_PERMISSION`, as a Java broker does that
 * may not be written.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { readOnlyRoute } from "./read_only_route.ts";
 *
 * const route = { name: "SEND_MESSAGE", handle: () => ({}) } as const;
 * assert.equal(readOnlyRoute(route, new Set(["SEND_MESSAGE"])), route);
 * assert.throws(() => readOnlyRoute(route, new Set()).handle(undefined as never), /read-only/);
 * ```
 */
export function readOnlyRoute(route: Route, reads: ReadonlySet<RequestName>): Route {
  const { name } = route;
  if (reads.has(name)) return route;
  return {
    name,
    handle: () => {
      throw readOnlyRefusal(name);
    },
  };
}

/** What whoever wants to change something is told. */
export function readOnlyRefusal(name: RequestName): Refusal {
  return new Refusal("NO_PERMISSION", `mq serve is read-only: ${name} would change what it serves`);
}
