import assert from "node:assert/strict";
import { Asker } from "../../testdata/asker.ts";
import { Refusal } from "./refusal.ts";
import { readOnlyRefusal, readOnlyRoute } from "./read_only_route.ts";
import type { Family, Route } from "./routes.ts";

Deno.test("readOnlyRoute() leaves a request that reads as it is", () => {
  const route: Route = { name: "GET_MAX_OFFSET", handle: () => ({}) };
  assert.equal(readOnlyRoute(route, new Set(["GET_MAX_OFFSET"])), route);
});

Deno.test("readOnlyRoute() refuses what is not known to read, and its handler is not called", async () => {
  const served: Family = {
    UPDATE_BROKER_CONFIG: () => assert.fail("the handler of a request that changes something"),
  };
  const handle = served.UPDATE_BROKER_CONFIG as Route["handle"];
  const route = readOnlyRoute({ name: "UPDATE_BROKER_CONFIG", handle }, new Set(["PULL_MESSAGE"]));
  await using asker = new Asker([{ UPDATE_BROKER_CONFIG: route.handle }]);
  const { code, remark } = await asker.ask("UPDATE_BROKER_CONFIG");
  assert.equal(code, 16);
  assert.equal(
    remark,
    "mq serve is read-only: UPDATE_BROKER_CONFIG would change what it serves",
  );
});

Deno.test("readOnlyRefusal() has the code of a Java broker that may not be written", () => {
  const refusal = readOnlyRefusal("SEND_MESSAGE");
  assert(refusal instanceof Refusal);
  assert.equal(refusal.code, "NO_PERMISSION");
});
