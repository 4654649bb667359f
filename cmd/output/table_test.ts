import assert from "node:assert/strict";
import { alignedLine, cellText, displayWidth, tabbedLine } from "./table.ts";

const COLUMNS = [{ width: 6, right: false }, { width: 4, right: true }, { width: 3, right: false }];

Deno.test("displayWidth() counts the columns a text takes", () => {
  assert.equal(displayWidth("TagA"), 4);
  assert.equal(displayWidth("订单"), 4);
  assert.equal(displayWidth("🚀"), 2);
  assert.equal(displayWidth("é"), 1);
});

Deno.test("alignedLine() pads by display width, numbers to the right, the end not at all", () => {
  assert.equal(alignedLine(["订单", "7", "end"], COLUMNS), "订单       7  end\n");
  assert.equal(alignedLine(["topic", "1234", ""], COLUMNS), "topic   1234\n");
  assert.equal(alignedLine(["too long", "1", "x"], COLUMNS), "too long     1  x\n");
});

Deno.test("tabbedLine() joins with tabs", () => {
  assert.equal(tabbedLine(["a", "", "c"]), "a\t\tc\n");
});

Deno.test("cellText() escapes what could end the line or steer the terminal", () => {
  assert.equal(cellText("a\tb\nc\r"), "a\\tb\\nc\\r");
  assert.equal(cellText("\x1b[31mred"), "\\x1b[31mred");
  assert.equal(cellText("\u009b2J\u202e"), "\\x9b2J\\u202e");
  assert.equal(cellText("订单 é 🚀"), "订单 é 🚀");
});
