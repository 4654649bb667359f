import assert from "node:assert/strict";
import { namedValues, routeData, settings, tableRows } from "./mqadmin_output.ts";

Deno.test("tableRows() reads the rows between the header and an empty line", () => {
  const printed = `12:07 |-INFO noise
#Broker Name     #QID  #Min Offset
broker-a         0     0
broker-a         1     7

Topic Put TPS: 0.0
`;
  assert.deepEqual(tableRows(printed), [["broker-a", "0", "0"], ["broker-a", "1", "7"]]);
  assert.deepEqual(tableRows("nothing"), []);
});

Deno.test("namedValues() reads the fields of a message", () => {
  const printed = "OffsetID:            7F01\nKeys:                [a 键]\n  at Some: line\n";
  assert.deepEqual([...namedValues(printed)], [["OffsetID", "7F01"], ["Keys", "[a 键]"]]);
});

Deno.test("settings() reads status lines and configuration lines", () => {
  const printed = "bootTimestamp    : 12\nbrokerName          =  broker-a\n";
  assert.deepEqual([...settings(printed)], [["bootTimestamp", "12"], ["brokerName", "broker-a"]]);
});

Deno.test("routeData() reads JSON with bare numeric keys", () => {
  const printed = `{
\t"brokerDatas":[ { "brokerAddrs":{0:"127.0.0.1:1"
\t}, "brokerName":"broker-a" } ]
}
`;
  assert.deepEqual(routeData(printed), {
    brokerDatas: [{ brokerAddrs: { "0": "127.0.0.1:1" }, brokerName: "broker-a" }],
  });
  assert.equal(routeData("no route"), undefined);
});
