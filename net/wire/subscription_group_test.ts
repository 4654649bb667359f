import assert from "node:assert/strict";
import { bytesOf, capturedBodies, checkRewrites, jsonOf } from "../../testdata/bodies.ts";
import {
  formatSubscriptionGroup,
  formatSubscriptionGroups,
  newSubscriptionGroup,
  parseSubscriptionGroup,
  parseSubscriptionGroups,
} from "./subscription_group.ts";

Deno.test("parseSubscriptionGroups() and formatSubscriptionGroups() lose nothing Java said", () => {
  checkRewrites(
    ["GET_ALL_SUBSCRIPTIONGROUP_CONFIG", "response"],
    (body) => formatSubscriptionGroups(parseSubscriptionGroups(body)),
  );
});

Deno.test("parseSubscriptionGroup() and formatSubscriptionGroup() lose nothing Java said", () => {
  const rewrite = (body: Uint8Array) => formatSubscriptionGroup(parseSubscriptionGroup(body));
  checkRewrites(["UPDATE_AND_CREATE_SUBSCRIPTIONGROUP", "request"], rewrite);
  checkRewrites(["GET_SUBSCRIPTIONGROUP_CONFIG", "response"], rewrite);
});

Deno.test("newSubscriptionGroup() is what 5.x creates", () => {
  const groups = capturedBodies("GET_ALL_SUBSCRIPTIONGROUP_CONFIG", "response")
    .filter(({ version }) => version === 513)
    .map(({ body }) =>
      parseSubscriptionGroups(body).subscriptionGroupTable.get("SELF_TEST_C_GROUP")
    );
  assert(groups.length > 0);
  const made = newSubscriptionGroup("SELF_TEST_C_GROUP");
  for (const group of groups) {
    if (group === undefined) continue;
    assert.deepEqual(jsonOf(formatSubscriptionGroup(group)), jsonOf(formatSubscriptionGroup(made)));
  }
});

Deno.test("parseSubscriptionGroups() reads what a group may not read", () => {
  const groups = parseSubscriptionGroups(bytesOf('{"forbiddenTable":{"G":{"T":2}}}'));
  assert.deepEqual(groups.forbiddenTable, new Map([["G", new Map([["T", 2]])]]));
});
