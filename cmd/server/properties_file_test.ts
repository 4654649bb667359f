import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { readProperties } from "./properties_file.ts";

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
