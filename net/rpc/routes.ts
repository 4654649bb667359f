/**
 * Which handler serves which request. A server is put together from families: objects whose methods
 * are named as the requests they serve.
 *
 * @module
 */

import assert from "node:assert/strict";
import { requestCode, type RequestName } from "../wire/codes.ts";
import type { HeaderOf } from "../wire/headers.ts";
import type { Call, LATER, Reply } from "./call.ts";

/** Serves one kind of request: returns the answer, throws a refusal, or answers later. */
export type Handler<Name extends RequestName> = (
  call: Call<HeaderOf<Name>>,
) => Reply | Promise<Reply> | typeof LATER;

/** Handlers by the name of the request they serve. */
export type Family = { readonly [Name in RequestName]?: Handler<Name> };

/** A handler with the name of its request. */
export interface Route {
  /** Name of the request. */
  readonly name: RequestName;
  /** The header is decoded by the table of `name`, which is what the handler was declared for. */
  handle(call: Call<unknown>): Reply | Promise<Reply> | typeof LATER;
}

/** Handlers by request code. */
export type Routes = ReadonlyMap<number, Route>;

/**
 * Merges families into one table. A request that two families serve is a bug.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { routesOf } from "./routes.ts";
 *
 * const routes = routesOf([{ GET_MAX_OFFSET: () => ({ extFields: { offset: "7" } }) }]);
 * assert.equal(routes.get(30)?.name, "GET_MAX_OFFSET");
 * ```
 */
export function routesOf(families: readonly Family[]): Routes {
  const routes = new Map<number, Route>();
  for (const family of families) {
    for (const [key, handler] of Object.entries(family)) {
      if (handler === undefined) continue;
      const name = key as RequestName;
      const code = requestCode(name);
      assert(code !== undefined, `"${name}" is not the name of a request`);
      assert(!routes.has(code), `${name} is served by two families`);
      routes.set(code, { name, handle: handler as Route["handle"] });
    }
  }
  return routes;
}
