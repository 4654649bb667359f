import assert from "node:assert/strict";
import { Refusal } from "../rpc/refusal.ts";
import { deleteKeyOf, type TimerPlaceInput, timerPlaceOf } from "./timer_place.ts";
import { TIMER_DEFAULTS, type TimerSettings } from "./timer_settings.ts";

const NOW = 1_795_250_000_400;
const PLACE = { topic: "T", queueId: 3 };

function placeOf(
  properties: Record<string, string>,
  changes: Partial<TimerSettings & Omit<TimerPlaceInput, "config">> = {},
) {
  const { countAt = () => 0, random = () => 0, now = () => NOW, ...config } = changes;
  const input = { config: { ...TIMER_DEFAULTS, ...config }, countAt, random, now };
  return timerPlaceOf(new Map(Object.entries(properties)), input, PLACE);
}

/** Time it is parked under, less now; a refusal by its remark. */
function parked(...given: Parameters<typeof placeOf>): number | string | undefined {
  try {
    const place = placeOf(...given);
    return place === undefined ? undefined : place.dueMs - NOW;
  } catch (error) {
    assert(error instanceof Refusal);
    return `${error.code}: ${error.remark}`;
  }
}

const ILLEGAL =
  "MESSAGE_ILLEGAL: timer message illegal, the delay time should not be bigger than " +
  "the max delay 259200000ms; or if set del msg, the delay time should be bigger than the " +
  "current time";

Deno.test("timerPlaceOf() gives the slot that is over when the message is due", () => {
  assert.equal(parked({ TIMER_DELIVER_MS: String(NOW + 5000) }), 4600);
  assert.equal(parked({ TIMER_DELIVER_MS: String(NOW + 4600) }), 3600, "a whole second");
  assert.equal(parked({ TIMER_DELIVER_MS: String(NOW + 4601) }), 4600);
  assert.equal(parked({ TIMER_DELAY_SEC: "5" }), 4600);
  assert.equal(parked({ TIMER_DELAY_MS: "5000" }), 4600);
  assert.equal(parked({ TIMER_DELAY_MS: "5000" }, { timerPrecisionMs: 100 }), 4900);
});

Deno.test("timerPlaceOf() keeps where the message belongs", () => {
  const place = placeOf({ TIMER_DELAY_SEC: "5" })!;
  assert.equal(place.topic, "rmq_sys_wheel_timer");
  assert.equal(place.queueId, 0);
  assert.deepEqual(place.added, [
    ["TIMER_OUT_MS", "1795250005000"],
    ["REAL_TOPIC", "T"],
    ["REAL_QID", "3"],
  ]);
});

Deno.test("timerPlaceOf() takes the first of the three that is there, as Java does", () => {
  const all = {
    TIMER_DELIVER_MS: String(NOW + 9000),
    TIMER_DELAY_MS: "7000",
    TIMER_DELAY_SEC: "5",
  };
  assert.equal(parked(all), 4600);
  const { TIMER_DELAY_SEC: _, ...two } = all;
  assert.equal(parked(two), 6600);
});

Deno.test("timerPlaceOf() lets pass what asks for no time, for one that is over, or has had it", () => {
  assert.equal(parked({}), undefined);
  for (
    const properties of [
      { TIMER_DELIVER_MS: String(NOW) },
      { TIMER_DELAY_SEC: "0" },
      { TIMER_DELAY_SEC: "-5" },
      { TIMER_DELAY_SEC: "5", TIMER_OUT_MS: "1" },
    ]
  ) assert.equal(parked(properties), undefined);
});

Deno.test("timerPlaceOf() refuses times that are too far ahead or none", () => {
  assert.equal(parked({ TIMER_DELAY_SEC: "259200" }), 259_200_000 - 400);
  for (
    const properties of [
      { TIMER_DELAY_SEC: "259201" },
      { TIMER_DELAY_MS: "259200001" },
      { TIMER_DELIVER_MS: "9223372036854775807" },
      { TIMER_DELAY_SEC: "soon" },
      { TIMER_DELIVER_MS: "" },
      { TIMER_DELIVER_MS: "1", TIMER_DEL_UNIQKEY: "0A" },
    ]
  ) assert.equal(parked(properties), ILLEGAL);
  assert.equal(
    parked({ TIMER_DELAY_SEC: "2" }, { timerMaxDelaySec: 1 })?.toString().slice(0, 15),
    "MESSAGE_ILLEGAL",
  );
});

Deno.test("timerPlaceOf() refuses where there is no timer", () => {
  assert.equal(
    parked({ TIMER_DELAY_SEC: "5" }, { timerWheelEnable: false }),
    "SYSTEM_ERROR: accurate timer message is not enabled, timerWheelEnable is false",
  );
  assert.equal(parked({}, { timerWheelEnable: false }), undefined);
});

Deno.test("timerPlaceOf() refuses some of a crowded second, and all of an overcrowded one", () => {
  const crowd = (count: number, random: number) =>
    parked({ TIMER_DELAY_SEC: "5" }, {
      timerCongestNumEachSlot: 10,
      countAt: (time) => time === NOW + 4600 ? count : 0,
      random: () => random,
    });
  assert.equal(crowd(10, 0.999), 4600);
  assert.equal(crowd(15, 0.1), 4600);
  const refused = "SYSTEM_ERROR: timer message is under flow control, max num limit is 20 or the " +
    "current value is greater than 10 and less than 20, trigger random flow control";
  assert.equal(crowd(15, 0.9), refused);
  assert.equal(crowd(20, 0), refused);
});

Deno.test("deleteKeyOf() is the unique key, with its topic where that is wanted", () => {
  const message = { topic: "T", uniqueKey: "0A" };
  assert.equal(deleteKeyOf(message, { appendTopicForTimerDeleteKey: false }), "0A");
  assert.equal(deleteKeyOf(message, { appendTopicForTimerDeleteKey: true }), "T+0A");
});
