import assert from "node:assert/strict";
import { MetricsText } from "./metrics_text.ts";

Deno.test("MetricsText writes each name once, whatever order its numbers come in", () => {
  const text = new MetricsText();
  text.add("a", { x: "1" }, 1);
  text.add("b_total", {}, 7, "counter");
  text.add("a", { x: "2", y: "" }, 0.5);
  assert.equal(
    text.toString(),
    '# TYPE a gauge\na{x="1"} 1\na{x="2",y=""} 0.5\n# TYPE b_total counter\nb_total 7\n',
  );
});

Deno.test("MetricsText escapes what would end a label, and writes no number Prometheus cannot read", () => {
  const text = new MetricsText();
  text.add("a", { name: 'quote " back \\ line \n end' }, Infinity);
  assert.equal(
    text.toString(),
    '# TYPE a gauge\na{name="quote \\" back \\\\ line \\n end"} NaN\n',
  );
  assert.equal(new MetricsText().toString(), "");
});
