import assert from "node:assert/strict";
import fs from "node:fs";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { diskFiles } from "../store/file_disk.ts";
import { inFolder } from "../testdata/temporary_folder.ts";
import { record } from "../testdata/recorded_terminal.ts";
import { storeOnDisk } from "../testdata/fixture.ts";

/** Runs a server command that cannot start, and looks at how it says so. */
async function refused(
  args: readonly string[],
  expected: {
    readonly exitCode: 8 | 16;
    readonly says: RegExp;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const { env = {} } = expected;
  const run = await record(args, { files: diskFiles, env, stop: AbortSignal.timeout(20_000) });
  const what = `mq ${args.join(" ")}: ${run.stderr}`;
  assert.equal(run.stdout, "", what);
  assert.match(run.stderr, /^mq: [^\n]+\n$/, what);
  assert.match(run.stderr, expected.says, what);
  assert.doesNotMatch(run.stderr, /Internal error|undefined|EEXIST|ENOTDIR/, what);
  assert.equal(run.exitCode, expected.exitCode, what);
}

/** Settings and what is said of them; `:1` is the line of the file. */
type Complaints = readonly (readonly [text: string, says: RegExp])[];

const BOTH: Complaints = [
  ["listenPort=abc", /Cannot use listenPort=abc \(.*x\.conf:1\): not a whole number/],
  ["listenPort=9007199254740993", /Cannot use listenPort=9007199254740993 \(.*x\.conf:1\)/],
  ["listenPort=65536", /listenPort is 65536, expected an integer from 0 to 65535 \(.*x\.conf:1\)/],
  ["# first\n\nlistenPort = -1", /listenPort is -1, expected .* \(.*x\.conf:3\)/],
  ["bindAddress=", /bindAddress is empty \(.*x\.conf:1\)/],
  ["serverChannelMaxIdleTimeSeconds=0", /expected an integer from 1 to 2147483 \(.*x\.conf:1\)/],
  ["key=\\u00zz", /Cannot read ".*x\.conf": line 1 has a broken \\u escape/],
  ["listenPort=0\n\x1f\x8b\x08\0", /Cannot read ".*x\.conf": it is no text file/],
];

const BROKER: Complaints = [
  ["brokerId=1", /brokerId is 1, only masters are served, which are 0 \(.*x\.conf:1\)/],
  ["brokerIP1=here", /brokerIP1 is "here", it is no numeric address \(.*x\.conf:1\)/],
  ["brokerName=a/b", /brokerName is "a\/b", .* \(.*x\.conf:1\)/],
  ["brokerName=", /brokerName is "", .* \(.*x\.conf:1\)/],
  ["flushDiskType=LATER", /expected ASYNC_FLUSH or SYNC_FLUSH \(.*x\.conf:1\)/],
  ["deleteWhen=04;24", /deleteWhen is "04;24", expected hours from 00 to 23.* \(.*x\.conf:1\)/],
  ["diskMaxUsedSpaceRatio=0.75", /diskMaxUsedSpaceRatio=0\.75 \(.*x\.conf:1\): not a whole/],
  ["messageDelayLevel=1s 5x", /"5x" is not such as 10s, 5m, 2h or 1d \(.*x\.conf:1\)/],
  ["namesrvAddr=a:1;b", /"b" is not host:port \(.*x\.conf:1\)/],
  ["mappedFileSizeCommitLog=10", /expected an integer from 4096 to 2147483647 \(.*x\.conf:1\)/],
  ["autoCreateTopicEnable=maybe", /autoCreateTopicEnable=maybe \(.*\): not true or false/],
  ["storePathRootDir=", /storePathRootDir is empty \(.*x\.conf:1\)/],
  ["brokerRole=SLAVE", /brokerRole=SLAVE \(.*x\.conf:1\): mq runs as a master only/],
];

const NAMESRV: Complaints = [
  ["scanNotActiveBrokerInterval=-5", /is -5, expected an integer from 1 to \d+ \(.*x\.conf:1\)/],
  ["orderMessageEnable=1", /orderMessageEnable=1 \(.*x\.conf:1\): not true or false/],
];

Deno.test("a setting that cannot be used is named with its line and what it may be", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.conf");
    const check = async (program: string, complaints: Complaints) => {
      for (const [text, says] of complaints) {
        fs.writeFileSync(path, text);
        await refused([program, "start", "-c", path], { exitCode: 8, says });
        await refused([program, "start", "-c", path, "-p"], { exitCode: 8, says });
      }
    };
    await check("broker", [...BOTH, ...BROKER]);
    await check("namesrv", [...BOTH, ...NAMESRV]);
    assert.deepEqual(fs.readdirSync(folder), ["x.conf"], "nothing was begun");
  });
});

Deno.test("a configuration file that is none is named with the reason", async () => {
  await inFolder(async (folder) => {
    for (const program of ["broker", "namesrv"]) {
      const check = (path: string, says: RegExp) =>
        refused([program, "start", "-c", path], { exitCode: 8, says });
      await check(join(folder, "gone"), /Cannot read ".*gone": no such file or directory/);
      await check(folder, /Cannot read ".*": it is a directory/);
      await refused([program, "start", "-c"], { exitCode: 16, says: /argument missing/ });
    }
  });
});

Deno.test("a folder that can hold no store is named before anything is written", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "notes.txt");
    const conf = join(folder, "x.conf");
    fs.writeFileSync(file, "Dear diary\n");
    const root = storeOnDisk("5.5.0-b-kill-start-102", folder);
    const log = join(root, "commitlog");
    const before = fs.readdirSync(log);
    const places: readonly (readonly [string, RegExp])[] = [
      [file, /Cannot keep a store in ".*notes.txt": it is a text file/],
      [join(file, "store"), /Cannot keep a store in ".*notes.txt.store": ".*notes.txt" is a file/],
      [log, /Cannot keep a store in ".*commitlog": it is a part of ".*store"/],
    ];
    for (const [store, says] of places) {
      const ports = ["--port", "0", "--namesrv-port", "0"];
      await refused(["start", "--store", store, ...ports], { exitCode: 8, says });
      await refused(["start", ...ports], { exitCode: 8, says, env: { MQ_STORE: store } });
      fs.writeFileSync(conf, `listenPort=0\nstorePathRootDir=${store}\n`);
      await refused(["broker", "start", "-c", conf], { exitCode: 8, says });
    }
    assert.deepEqual(fs.readdirSync(log), before);
    await refused(["start", "--store", " "], { exitCode: 16, says: /The store's path is empty/ });
  });
});

Deno.test("a file that can hold no values is named before the first value is lost", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "notes.txt");
    const conf = join(folder, "x.conf");
    fs.writeFileSync(file, "Dear diary\n");
    const check = async (path: string, says: RegExp) => {
      fs.writeFileSync(conf, `listenPort=0\nkvConfigPath=${path}\n`);
      await refused(["namesrv", "start", "-c", conf], { exitCode: 8, says });
    };
    await check(folder, /Cannot keep values in ".*" \(kvConfigPath\): it is a directory/);
    await check(join(file, "a/b"), /Cannot keep values in ".*b" .*: ".*notes.txt" is a file/);
    await check(file, /Cannot load KV config ".*notes.txt": .*Cannot parse JSON at 0/);
  });
});

Deno.test("an address that is none, or taken, is named", async () => {
  await inFolder(async (folder) => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const port = String((taken.address() as AddressInfo).port);
    const store = ["--store", join(folder, "store")];
    try {
      const says = new RegExp(`Cannot listen on 127.0.0.1:${port}: address already in use`);
      await refused(["start", "--namesrv-port", port, "--port", "0", ...store], {
        exitCode: 8,
        says,
      });
      await refused(["start", "--namesrv-port", "0", "--port", port, ...store], {
        exitCode: 8,
        says,
      });
      await refused(["namesrv", "start", "--port", port], { exitCode: 8, says });
    } finally {
      taken.close();
      await once(taken, "close");
    }
    for (const command of [["start"], ["namesrv", "start"]]) {
      await refused([...command, "--host", ""], { exitCode: 16, says: /It must not be empty/ });
      const says = /Cannot listen on 192\.0\.2\.1:\d+: address is not on this machine/;
      await refused([...command, "--host", "192.0.2.1"], { exitCode: 8, says });
    }
  });
});

Deno.test("a name server's address that is none is a matter of usage", async () => {
  const start = ["broker", "start", "-p"];
  for (const address of ["here", "a:b:c", "127.0.0.1:65536", "a:1;;b", ":1"]) {
    const says = /is invalid. It must be host:port;host:port/;
    await refused([...start, "-n", address], { exitCode: 16, says });
    for (const name of ["MQ_NAMESRV", "NAMESRV_ADDR"]) {
      const env = { [name]: address };
      await refused(start, { exitCode: 16, says: new RegExp(`${name}: .*not host:port`), env });
    }
  }
  await refused([...start, "-n", ""], { exitCode: 16, says: /It must not be empty/ });
});
