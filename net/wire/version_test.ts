import assert from "node:assert/strict";
import { versionName, versionOrdinal, VERSIONS } from "./version.ts";

Deno.test("versionOrdinal() gives the ordinals Java programs send", () => {
  const known: Readonly<Record<string, number>> = {
    V3_0_0_SNAPSHOT: 0,
    V3_0_0_BETA5: 6,
    V3_0_0_BETA6_SNAPSHOT: 7,
    V3_0_0_FINAL: 15,
    V3_0_7_SNAPSHOT: 28,
    V3_0_11: 37,
    V3_0_15: 45,
    V3_1_0: 47,
    V3_1_8_SNAPSHOT: 62,
    V3_3_1: 87,
    V3_4_9: 121,
    V4_0_0: 213,
    V4_2_0_SNAPSHOT: 252,
    V4_5_2: 317,
    V4_9_4: 401,
    V4_9_7: 407,
    V5_0_0: 413,
    V5_3_3: 479,
    V5_5_0: 513,
    HIGHER_VERSION: 612,
  };
  for (const [name, ordinal] of Object.entries(known)) {
    assert.equal(versionOrdinal(name), ordinal, name);
    assert.equal(versionName(ordinal), name);
  }
});

Deno.test("versionName() reads ordinals past the table as the last one", () => {
  assert.equal(versionName(613), "HIGHER_VERSION");
  assert.equal(versionName(-1), "HIGHER_VERSION");
});

Deno.test("versionOrdinal() throws on a name that is no release", () => {
  assert.throws(() => versionOrdinal("V3_3_0"), {
    name: "RangeError",
    message: 'Cannot find release: "V3_3_0" is not known',
  });
});

Deno.test("VERSIONS holds the ordinals at which peers differ", () => {
  assert.deepEqual(VERSIONS, {
    registerBody: 37,
    maxReconsumeTimes: 121,
    clientCalls: 62,
    clientReset: 28,
    standardJson: 401,
    queueMappings: 413,
    own: 479,
  });
});
