import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

const text = (value: string) => new TextEncoder().encode(value);

Deno.test("mq inspect offsets measures lag against the queue, ahead of it, too", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const table = '{"offsetTable":{"T_plain@G":{0:60,1:70},"Gone@G":{0:5},"T_plain@F":{3:0}}}';
  files.put("store/config/consumerOffset.json", text(table));
  const run = await record(["inspect", "offsets", "store", "-o", "json"], { files });
  const rows = JSON.parse(run.stdout);
  assert.deepEqual(rows.map((row: Record<string, unknown>) => [row.group, row.topic, row.lag]), [
    ["F", "T_plain", 67],
    ["G", "Gone", undefined],
    ["G", "T_plain", 6],
    ["G", "T_plain", -3],
  ]);
});

Deno.test("mq inspect offsets ends with 4 when its file is damaged", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.put("store/config/consumerOffset.json", text("{"));
  const run = await record(["inspect", "offsets", "store"], { files });
  assert.equal(run.exitCode, 4);
  assert.match(run.stderr, /read store\/config\/consumerOffset\.json\.bak instead/);
  assert.match(run.stdout, /^G_all\t/m);
});
