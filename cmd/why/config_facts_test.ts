import assert from "node:assert/strict";
import { finding } from "../../store/check/findings.ts";
import { factReasons, isReason } from "./config_facts.ts";

const file = "store/config/delayOffset.json";

Deno.test("factReasons() makes reasons of facts a broker stumbles over, and of no others", () => {
  const facts = [
    finding("config-delay-offsets-missing", { file }, { message: "it lacks them" }),
    finding("delay-offset-behind", { file }, { message: "" }),
  ];
  assert.deepEqual(facts.map(isReason), [true, false]);
  const [reason, ...others] = factReasons(facts);
  assert.deepEqual(others, []);
  assert.equal(reason?.effect, "loses");
  assert.deepEqual(reason.releases, ["4.9", "5.x", "mq"]);
  assert.match(reason.message, /^it lacks them; a broker delivers every message again/);
  assert.match(reason.fix, /bring the file back/);
});
