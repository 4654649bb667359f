import assert from "node:assert/strict";
import { DispatchRequest } from "../../store/dispatch.ts";
import { RecordView } from "../../store/record_view.ts";
import { Arrivals } from "./arrival.ts";

Deno.test("Arrivals tells everybody who joined, in order, until they leave", () => {
  const arrivals = new Arrivals();
  const heard: string[] = [];
  const request = new DispatchRequest();
  const record = new RecordView();
  arrivals.notify(request, record);
  const one = arrivals.add(() => heard.push("one"));
  arrivals.add((...told) => {
    assert.deepEqual(told, [request, record]);
    heard.push("two");
  });
  arrivals.notify(request, record);
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  arrivals.notify(request, record);
  assert.deepEqual(heard, ["one", "two", "two"]);
});
