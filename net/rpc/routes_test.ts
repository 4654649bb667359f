import assert from "node:assert/strict";
import { requestCode } from "../wire/codes.ts";
import { type Family, routesOf } from "./routes.ts";

Deno.test("routesOf() finds the handlers of all families by code", () => {
  const routes = routesOf([
    { GET_MAX_OFFSET: () => ({}), GET_MIN_OFFSET: () => ({}) },
    {},
    { SEND_MESSAGE_V2: () => ({}) },
  ]);
  assert.deepEqual([...routes.values()].map((route) => route.name).sort(), [
    "GET_MAX_OFFSET",
    "GET_MIN_OFFSET",
    "SEND_MESSAGE_V2",
  ]);
  assert.equal(routes.get(requestCode("SEND_MESSAGE_V2"))?.name, "SEND_MESSAGE_V2");
  assert.equal(routes.get(9999), undefined);
});

Deno.test("routesOf() takes two families for one request as a bug", () => {
  const family: Family = { HEART_BEAT: () => ({}) };
  assert.throws(() => routesOf([family, family]), /HEART_BEAT is served by two families/);
});

Deno.test("routesOf() takes a name that is no request as a bug", () => {
  const family = { HEARTBEAT: () => ({}) } as unknown as Family;
  assert.throws(() => routesOf([family]), /"HEARTBEAT" is not the name of a request/);
});

Deno.test("Family gives a handler the header of its request", () => {
  const family: Family = {
    GET_MAX_OFFSET({ header }) {
      const queueId: number = header.queueId;
      return { extFields: { offset: String(queueId) } };
    },
  };
  assert.equal(routesOf([family]).size, 1);
});
