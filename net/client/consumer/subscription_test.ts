import assert from "node:assert/strict";
import { recordBytes, sampleMessage } from "../../../testdata/small_log.ts";
import { ScriptedCluster } from "../../../testdata/scripted_cluster.ts";
import { formatProperties } from "../../../store/properties.ts";
import { Refusal } from "../../rpc/refusal.ts";
import { parseClientCheck } from "../../wire/heartbeat.ts";
import { readMessages } from "../received_message.ts";
import { checkSubscription, subscriptionTo, wants } from "./subscription.ts";

const AT = { version: 7 };

function messageWith(tag?: string) {
  const properties = formatProperties(tag === undefined ? [] : [["TAGS", tag]]);
  return readMessages(recordBytes(sampleMessage({ properties })), { brokerName: "b" })[0]!;
}

Deno.test("subscriptionTo() says all, tags and SQL as Java does", () => {
  for (const all of ["*", ""]) {
    assert.deepEqual(subscriptionTo("T", all, AT), {
      topic: "T",
      subString: "*",
      expressionType: "TAG",
      tagsSet: [],
      codeSet: [],
      subVersion: 7,
      classFilterMode: false,
    });
  }
  const tags = subscriptionTo("T", " TagA||TagB || TagA||", AT);
  assert.deepEqual([tags.subString, tags.tagsSet], [" TagA||TagB || TagA||", ["TagA", "TagB"]]);
  // As in a heartbeat of Java's client.
  assert.deepEqual(tags.codeSet, [2598919, 2598920]);
  const sql = subscriptionTo("T", { sql: "price > 10" }, AT);
  assert.deepEqual(
    [sql.expressionType, sql.subString, sql.tagsSet, sql.codeSet],
    ["SQL92", "price > 10", [], []],
  );
});

Deno.test("subscriptionTo() has one code for two tags of one hash", () => {
  const { tagsSet, codeSet } = subscriptionTo("T", "Aa || BB", AT);
  assert.deepEqual([tagsSet, codeSet], [["Aa", "BB"], [2112]]);
});

Deno.test("subscriptionTo() refuses what names nothing", () => {
  for (const filter of ["||", " || ", "  ", { sql: "" }, { sql: " " }]) {
    assert.throws(() => subscriptionTo("T", filter, AT), {
      name: "ClientError",
      kind: "invalid",
      message: /^Cannot subscribe to topic "T": /,
    });
  }
});

Deno.test("wants() compares tags, not their hashes", () => {
  const subscription = subscriptionTo("T", "Aa || x", AT);
  assert(wants(subscription, messageWith("Aa")));
  assert(!wants(subscription, messageWith("BB")));
  assert(!wants(subscription, messageWith()));
  for (const filter of ["*", { sql: "a = 1" }]) {
    assert(wants(subscriptionTo("T", filter, AT), messageWith()));
  }
});

Deno.test("checkSubscription() asks a broker about SQL, and tells its refusal", async () => {
  const checks: unknown[] = [];
  await using it = await ScriptedCluster.start({
    topics: { "eu%T": 1 },
    client: { namespace: "eu" },
    brokers: [{
      brokerName: "a",
      family: {
        CHECK_CLIENT_CONFIG: ({ body }) => {
          const check = parseClientCheck(body);
          checks.push([check.group, check.clientId, check.subscriptionData?.subString]);
          if (check.subscriptionData?.subString === "a = 1") return {};
          throw new Refusal("SUBSCRIPTION_PARSE_FAILED", "no such thing");
        },
      },
    }],
  });
  const { cluster } = it;
  const group = { group: "eu%G" };
  await checkSubscription(cluster, subscriptionTo("eu%T", "a", AT), group);
  await checkSubscription(cluster, subscriptionTo("eu%Missing", { sql: "a" }, AT), group);
  assert.deepEqual(checks, []);
  await checkSubscription(cluster, subscriptionTo("eu%T", { sql: "a = 1" }, AT), group);
  assert.deepEqual(checks, [["eu%G", cluster.clientId, "a = 1"]]);
  await assert.rejects(
    checkSubscription(cluster, subscriptionTo("eu%T", { sql: "a =" }, AT), group),
    {
      name: "ClientError",
      kind: "refused",
      code: "SUBSCRIPTION_PARSE_FAILED",
      message: `Cannot subscribe to topic "T" with SQL92 expression "a =": ${it.addresses[0]} ` +
        "refuses CHECK_CLIENT_CONFIG: SUBSCRIPTION_PARSE_FAILED, no such thing",
    },
  );
});
