import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { completionScript, SHELLS } from "./scripts.ts";

Deno.test("completionScript() of bash fills in what mq answers, and lets files follow", () => {
  // In the place of mq stands a function that answers with the words it was asked about.
  const program = `
    mq() { printf 'first\\tabout it\\n'; printf '%s|' "$@"; printf '\\n:files\\n'; }
    ${completionScript("bash")}
    COMP_LINE='mq query "my store" --to and more' COMP_POINT=24
    COMP_WORDBREAKS=' :='
    _mq
    printf '%s\\n' "\${COMPREPLY[@]}"
  `;
  const { stdout, status } = spawnSync("bash", ["-c", program], { encoding: "utf8" });
  assert.equal(status, 0);
  assert.equal(stdout, 'first\n__complete_line| :=|mq query "my store" --to|\n');
});

Deno.test("completionScript() says how it is loaded, for every shell", () => {
  for (const shell of SHELLS) {
    assert.match(completionScript(shell), new RegExp(`mq completion ${shell}`));
  }
});
