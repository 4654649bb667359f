import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { bytesOf, capturedBodies, checkRewrites, jsonOf } from "../../testdata/bodies.ts";
import {
  formatBrokerMembers,
  formatClusterInfo,
  formatTopicRoute,
  parseClusterInfo,
  parseTopicRoute,
  type TopicRouteData,
} from "./route.ts";
import { VERSIONS } from "./version.ts";

Deno.test("parseTopicRoute() and formatTopicRoute() give back Java's bytes", () => {
  const routes = capturedBodies("GET_ROUTEINFO_BY_TOPIC", "response");
  assert(routes.length > 500);
  for (const { body, version } of routes) {
    const quotedKeys = version >= VERSIONS.standardJson;
    const written = formatTopicRoute(parseTopicRoute(body), { quotedKeys });
    assert.equal(Buffer.from(written).toString(), Buffer.from(body!).toString());
  }
});

Deno.test("formatTopicRoute() leaves broker ids bare for older clients", () => {
  const route: TopicRouteData = {
    queueDatas: [],
    brokerDatas: [{ cluster: "C", brokerName: "b", brokerAddrs: new Map([[1, "y"], [0, "x"]]) }],
    filterServerTable: new Map(),
    orderTopicConf: "b:4",
  };
  const text = (quotedKeys: boolean) =>
    new TextDecoder().decode(formatTopicRoute(route, { quotedKeys }));
  assert.equal(
    text(false),
    '{"brokerDatas":[{"brokerAddrs":{0:"x",1:"y"},"brokerName":"b","cluster":"C"}],' +
      '"filterServerTable":{},"orderTopicConf":"b:4","queueDatas":[]}',
  );
  assert.equal(text(true), text(false).replace("0:", '"0":').replace("1:", '"1":'));
  for (const quotedKeys of [true, false]) {
    const read = parseTopicRoute(bytesOf(text(quotedKeys)));
    assert.deepEqual(read.brokerDatas[0]?.brokerAddrs, new Map([[0, "x"], [1, "y"]]));
    assert.equal(read.orderTopicConf, "b:4");
  }
});

Deno.test("parseClusterInfo() and formatClusterInfo() lose nothing Java said", () => {
  checkRewrites(
    ["GET_BROKER_CLUSTER_INFO", "response"],
    (body) => formatClusterInfo(parseClusterInfo(body)),
  );
});

Deno.test("formatBrokerMembers() nests the broker", () => {
  const body = formatBrokerMembers({
    cluster: "C",
    brokerName: "b",
    brokerAddrs: new Map([[0, "x"]]),
    enableActingMaster: false,
  });
  assert.deepEqual(jsonOf(body), {
    brokerMemberGroup: { brokerAddrs: { "0": "x" }, brokerName: "b", cluster: "C" },
  });
});
