import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { parsePropertiesText, readProperties } from "./properties_file.ts";

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

Deno.test("readProperties() says what is wrong with the file", () => {
  const files = new MemoryFiles();
  files.put("conf/broken.conf", new TextEncoder().encode("a=\\u00"));
  const check = (path: string, message: RegExp) =>
    assert.throws(() => readProperties(files, path), { message, exitCode: 8 });
  check("gone.conf", /Cannot read "gone.conf": no such file/);
  check("conf", /it is a directory/);
  check("conf/broken.conf", /line 1/);
  for (const bytes of [[0], [0x1f, 0x8b, 0x61], [0x61, 0x3d, 0x1b, 0x5b]]) {
    files.put("conf/binary", Uint8Array.from(bytes));
    check("conf/binary", /^Cannot read "conf\/binary": it is no text file$/);
  }
});

Deno.test("readProperties() reads UTF-8, and Latin 1 as Java does", () => {
  const files = new MemoryFiles();
  const value = (bytes: Uint8Array) => {
    files.put("x.conf", bytes);
    return readProperties(files, "x.conf")[0]!.value;
  };
  assert.equal(value(new TextEncoder().encode("a=\u8ba2\tb\r\n")), "\u8ba2\tb");
  assert.equal(value(Uint8Array.of(0x61, 0x3d, 0xe9)), "\u00e9");
});
