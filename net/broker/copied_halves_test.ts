import assert from "node:assert/strict";
import { TransactionSide } from "../../testdata/transaction_side.ts";
import { parseProperties } from "../../store/properties.ts";
import { TRANS_HALF_TOPIC } from "../wire/topic_names.ts";
import { CopiedHalves, firstOf } from "./copied_halves.ts";

const FIRST = "TRAN_PREPARED_QUEUE_OFFSET";

Deno.test("CopiedHalves tells which messages another behind them stands for", async () => {
  await using side = await TransactionSide.open();
  await side.half({ UNIQ_KEY: "0A" });
  await side.half({ UNIQ_KEY: "0B" });
  await side.half({ UNIQ_KEY: "0A", [FIRST]: "0" });
  await side.half({ UNIQ_KEY: "0A", [FIRST]: "0" });
  // What a producer writes into its message stands for no other's, and for none that is not there.
  await side.half({ UNIQ_KEY: "0C", [FIRST]: "1" });
  await side.half({ UNIQ_KEY: "0D", [FIRST]: "99" });
  const copied = await CopiedHalves.read(side.store, { from: 0, to: 6 });
  const halves = await side.messages(TRANS_HALF_TOPIC);
  const has = halves.map((half) => copied.has(half, parseProperties(half.properties)));
  assert.deepEqual(has, [true, false, true, false, false, false]);
});

Deno.test("CopiedHalves reads more than one read brings, and nothing of an empty queue", async () => {
  await using side = await TransactionSide.open();
  assert.equal(
    (await CopiedHalves.read(side.store, { from: 0, to: 0 })) instanceof CopiedHalves,
    true,
  );
  for (let count = 0; count < 70; count++) await side.half({ UNIQ_KEY: "0A" });
  await side.half({ UNIQ_KEY: "0A", [FIRST]: "69" });
  const copied = await CopiedHalves.read(side.store, { from: 0, to: 71 });
  const halves = await side.messages(TRANS_HALF_TOPIC);
  const has = halves.filter((half) => copied.has(half, parseProperties(half.properties)));
  assert.deepEqual(has.map(({ queueOffset }) => queueOffset), [69]);
});

Deno.test("firstOf() takes an index and nothing else", () => {
  const first = (text: string) => firstOf(new Map([[FIRST, text]]));
  assert.deepEqual(["0", "17", "", "-1", "x", "9".repeat(16)].map(first), [
    ...[0, 17, undefined, undefined, undefined, undefined],
  ]);
  assert.equal(firstOf(new Map()), undefined);
});
