import assert from "node:assert/strict";
import { parsePropertiesText, replaceProperties, settingValue } from "./properties_text.ts";

const pairs = (text: string) => parsePropertiesText(text).map(({ key, value }) => [key, value]);

Deno.test("parsePropertiesText() reads what java.util.Properties reads", () => {
  assert.deepEqual(pairs("a=1\nb = 2\nc:3\nd 4\ne"), [
    ["a", "1"],
    ["b", "2"],
    ["c", "3"],
    ["d", "4"],
    ["e", ""],
  ]);
  assert.deepEqual(pairs("# no\n! no\n\n   \n  a=1 # stays\r\nb=2\rc=3"), [
    ["a", "1 # stays"],
    ["b", "2"],
    ["c", "3"],
  ]);
  assert.deepEqual(pairs("list = a,\\\n    b,\\\n    c\nnext=\\\\\nlast=x\\"), [
    ["list", "a,b,c"],
    ["next", "\\"],
    ["last", "x"],
  ]);
  assert.deepEqual(pairs("a\\=b\\ c = \\u8ba2\\t\\n\\x"), [["a=b c", "订\t\nx"]]);
  assert.deepEqual(pairs("a=1\nb=2\na=3"), [["b", "2"], ["a", "3"]]);
  assert.throws(() => pairs("fine=1\nbroken=\\u12"), /line 2/);
});

Deno.test("parsePropertiesText() knows in which line a setting begins", () => {
  const lines = parsePropertiesText("\n# x\na=1\\\n 2\nb=3").map(({ key, line }) => [key, line]);
  assert.deepEqual(lines, [["a", 3], ["b", 5]]);
});

Deno.test("replaceProperties() changes what is named and keeps everything else", () => {
  const text = "# The broker\n\nbrokerName = a\n!old\nlist = x,\\\n  y\n\nbrokerName : b\nlast=1";
  const changed = replaceProperties(text, { list: "z", brokerName: "c", last: 2, added: true });
  // Of equal keys the last one counts, so that one is changed.
  assert.equal(
    changed,
    "# The broker\n\nbrokerName = a\n!old\nlist=z\n\nbrokerName=c\nlast=2\nadded=true\n",
  );
  const pairs = parsePropertiesText(changed).map(({ key, value }) => [key, value]);
  assert.deepEqual(pairs, [["list", "z"], ["brokerName", "c"], ["last", "2"], ["added", "true"]]);
});

Deno.test("replaceProperties() writes values that are read back as they were", () => {
  for (const value of ["C:\\data", " leading", "two\nlines", "a = b # no comment", "", "a\\"]) {
    for (const text of ["", "key=old", "key=old\r\nnext=1\r\n", "a=1\n"]) {
      const read = parsePropertiesText(replaceProperties(text, { key: value }));
      assert.equal(read.find(({ key }) => key === "key")?.value, value, JSON.stringify(text));
      assert.equal(
        read.find(({ key }) => key === "next")?.value,
        /next/.test(text) ? "1" : undefined,
      );
    }
  }
});

Deno.test("settingValue() takes the type of the value it stands in for", () => {
  assert.equal(settingValue(" 12 ", 1), 12);
  assert.equal(settingValue("-1", 1), -1);
  for (const text of ["", "1.5", "0x10", "1e3", "99999999999999999999", "one"]) {
    assert.equal(settingValue(text, 1), undefined, text);
  }
  assert.equal(settingValue("TRUE", false), true);
  assert.equal(settingValue("yes", false), undefined);
  assert.equal(settingValue(" text ", "x"), "text");
});
