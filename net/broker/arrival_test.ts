import assert from "node:assert/strict";
import { DispatchRequest } from "../../store/dispatch.ts";
import { Arrivals } from "./arrival.ts";

Deno.test("Arrivals tells everybody who joined, in order, until they leave", () => {
  const arrivals = new Arrivals();
  const heard: string[] = [];
  const request = new DispatchRequest();
  arrivals.notify(request);
  const one = arrivals.add(() => heard.push("one"));
  arrivals.add((told) => {
    assert.equal(told, request);
    heard.push("two");
  });
  arrivals.notify(request);
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  arrivals.notify(request);
  assert.deepEqual(heard, ["one", "two", "two"]);
});
