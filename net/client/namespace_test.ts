import assert from "node:assert/strict";
import { Namespace } from "./namespace.ts";

Deno.test("Namespace is put before names once, and taken off", () => {
  const eu = new Namespace("eu");
  for (
    const [own, wire] of [
      ["Orders", "eu%Orders"],
      ["%RETRY%g", "%RETRY%eu%g"],
      ["%DLQ%g", "%DLQ%eu%g"],
    ] as const
  ) {
    assert.equal(eu.wrap(own), wire);
    assert.equal(eu.wrap(wire), wire);
    assert.equal(eu.unwrap(wire), own);
    assert.equal(eu.unwrap(own), own);
  }
  for (const system of ["TBW102", "RMQ_SYS_TRACE_TOPIC", "rmq_sys_wheel_timer"]) {
    assert.equal(eu.wrap(system), system);
  }
});

Deno.test("Namespace without a name changes nothing", () => {
  for (const name of ["", undefined]) {
    const none = new Namespace(name);
    assert.deepEqual(["T", "%RETRY%g"].map((it) => none.wrap(it)), ["T", "%RETRY%g"]);
    assert.equal(none.unwrap("eu%T"), "eu%T");
  }
});
