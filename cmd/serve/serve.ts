/**
 * `mq serve`: a name server and a broker that show a store, whatever state it is in. Nothing is
 * written: what a start would change, and what consumers commit, stays in memory.
 *
 * @module
 */
import { dirname } from "node:path";
import { Broker } from "../../net/broker/broker.ts";
import type { BrokerConfig } from "../../net/broker/broker_config.ts";
import { hostDefaults } from "../../net/broker/host_defaults.ts";
import { NameServer, NAMESRV_PORT } from "../../net/namesrv/namesrv.ts";
import { readOnlyNamesrv } from "../../net/namesrv/read_only_namesrv.ts";
import type { FileSystem } from "../../store/file.ts";
import { readOnlyFiles } from "../../store/files_over.ts";
import { LMQ_PREFIX } from "../../store/multi_dispatch.ts";
import type { StorePaths } from "../../store/names.ts";
import { OverlayFullError } from "../../store/repair/overlay_files.ts";
import { type StoreView, type ViewRepair, viewStore } from "../../store/repair/store_view.ts";
import { listSegments } from "../../store/segments.ts";
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import type { OutputOptions } from "../output/format_option.ts";
import { Progress, type ProgressForm } from "../output/progress.ts";
import { countedFiles } from "../reading/read_count.ts";
import { tellFromNowOn } from "../reading/unreadable_notes.ts";
import { storeAt } from "../reading/store_path.ts";
import { serverLog } from "../server/server_log.ts";
import { sayReady, stopped } from "../server/server_run.ts";
import { note, type Terminal } from "../terminal.ts";
import { noteChanges, type Served, servedBy, servedLines } from "./served.ts";

/** What `mq serve` may be told. */
export interface ServeOptions extends OutputOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly namesrvPort?: number | undefined;
  /** When the log is read through and everything else built from it, in memory. */
  readonly repair?: ViewRepair | undefined;
  /** MiB that what differs from the files may take. */
  readonly memory?: number | undefined;
  readonly progress?: ProgressForm | undefined;
}

const HOST_DEFAULT = "127.0.0.1";
const BROKER_PORT_DEFAULT = 10911;
const MEMORY_MIB_DEFAULT = 1024;
const MIB = 1024 * 1024;

/** Name of the broker; the name server knows no other. */
const BROKER_NAME = "mq-serve";

/** Serves a store until the process is asked to stop. */
export async function serve(
  terminal: Terminal,
  argument: string | undefined,
  options: ServeOptions,
): Promise<number> {
  const paths = storeAt(terminal, argument);
  const holder = terminal.lockHolder(paths.lock);
  const hostname = options.host ?? HOST_DEFAULT;
  const address = addressOf(hostname);
  const signal = terminal.stopSignal();
  const log = serverLog(terminal);
  await using nameServer = await NameServer.listen({
    hostname,
    port: options.namesrvPort ?? NAMESRV_PORT,
    guard: readOnlyNamesrv(BROKER_NAME),
  });
  await using stack = new AsyncDisposableStack();
  const task = { terminal, paths, options, signal, isLive: holder !== undefined };
  const { view, broker } = await opened(task, async (view) => {
    const config = {
      ...configOf(terminal, { paths, view }),
      bindAddress: hostname,
      brokerIP1: address,
      listenPort: options.port ?? BROKER_PORT_DEFAULT,
      namesrvAddr: nameServer.peer,
    };
    const host = { hostname: BROKER_NAME, address };
    const { files: fs } = view;
    const broker = await Broker.start({
      config,
      fs,
      host,
      log,
      signal,
      readOnly: true,
      diskSpace: () => undefined,
    });
    return { view, broker: stack.use(broker) };
  });
  const hasIndex = view.files.list(paths.index).length > 0;
  const served = servedBy({ ...view, hasIndex }, broker.store);
  noteChanges(terminal, served);
  tellFromNowOn(terminal);
  sayReady(terminal, options, {
    facts: { namesrv: nameServer.peer, broker: broker.peer, store: paths.root },
    labels: { namesrv: "name server", broker: "broker", store: "store" },
    details: detailsOf(served),
    promises: [...servedLines(served), ...liveLine(holder), NOTHING_WRITTEN, ""],
    next: `mqadmin topicList -n ${nameServer.peer}`,
  });
  await stopped(signal);
  return EXIT.ok;
}

const NOTHING_WRITTEN =
  "Nothing is written: what consumers commit stays in memory, messages and changes are refused.";

function liveLine(holder: number | undefined): string[] {
  if (holder === undefined) return [];
  return [`Process ${holder} is using the store: what it stores from now on is not served.`];
}

/** What `-o json` tells besides the addresses. */
function detailsOf({ changes: _, ...rest }: Served): object {
  return rest;
}

/** Address that clients are told, and that message ids would name. */
function addressOf(hostname: string): string {
  if (hostname === "localhost") return HOST_DEFAULT;
  if (hostname !== "0.0.0.0" && hostname !== "::") return hostname;
  try {
    return hostDefaults().address;
  } catch (cause) {
    const message = `Cannot tell clients an address for "${hostname}": name one with --host`;
    throw new Failure(message, { cause });
  }
}

/** Settings of the broker, but for its addresses. */
function configOf(
  { commitLogPath }: Terminal,
  { paths, view }: { readonly paths: StorePaths; readonly view: StoreView },
): Partial<BrokerConfig> {
  const isLight = view.files.list(paths.consumeQueue).some((it) => it.startsWith(LMQ_PREFIX));
  return {
    brokerName: BROKER_NAME,
    storePathRootDir: paths.root,
    ...(commitLogPath !== undefined && { storePathCommitLog: commitLogPath }),
    enableLmq: isLight,
    enableMultiDispatch: isLight,
    enablePropertyFilter: true,
    // Seals are compared where records have one.
    enabledAppendPropCRC: true,
    // Whatever its age, a pull may bring as much; and the machine's memory need not be asked for.
    accessMessageInMemoryMaxRatio: 0,
    maxTransferBytesOnMessageInDisk: 256 * 1024,
    maxTransferCountOnMessageInDisk: 32,
  };
}

/** What opening a store needs to know. */
interface OpenTask {
  readonly terminal: Terminal;
  readonly paths: StorePaths;
  readonly options: ServeOptions;
  readonly signal: AbortSignal;
  readonly isLive: boolean;
}

/** What a start reads without a word. */
const SAID_BYTES = 64 * MIB;

/** How often a log is read whose damage is put right; a sound one half as often. */
const LOG_PASSES = 4;

/** Looks at the store and opens it with `start`, telling how far it has got. */
async function opened<Result>(
  task: OpenTask,
  start: (view: StoreView) => Promise<Result>,
): Promise<Result> {
  const { terminal, paths, options, signal, isLive } = task;
  const progress = new Progress(terminal, options.progress);
  const bytes = { checked: 0, expected: logBytes(task) };
  let [isOpen, isSaid] = [false, false];
  const files = countedFiles(terminal.files, (path, count) => {
    if (isOpen || !paths.commitLogs.includes(dirname(path))) return;
    bytes.checked = Math.min(bytes.checked + count, bytes.expected);
    if (!isSaid && bytes.checked > SAID_BYTES) {
      progress.clear();
      note(terminal, `reading the log of ${paths.root}, which its start asks for`);
      isSaid = true;
    }
    progress.tell({ bytesChecked: bytes.checked, bytesExpected: bytes.expected });
  });
  const { commitLogPath } = terminal;
  const bytesMax = (options.memory ?? MEMORY_MIB_DEFAULT) * MIB;
  try {
    const view = await viewStore(withoutWriting(files), paths.root, {
      repair: options.repair,
      isLive,
      bytesMax,
      signal,
      ...(commitLogPath !== undefined && { commitLogPath }),
      onRepair(reason) {
        bytes.expected *= LOG_PASSES;
        isSaid = true;
        note(terminal, `reading all of ${paths.root} first: ${reason}`);
      },
    });
    const result = await start(view);
    // From here on only what clients do is kept.
    view.files.bytesMax = Infinity;
    isOpen = true;
    progress.end({ bytesChecked: bytes.checked });
    return result;
  } catch (error) {
    progress.clear();
    throw isFull(error) ? tooMuch(paths.root, bytesMax / MIB) : error;
  }
}

/** The files, of which nobody can change any. */
function withoutWriting(fs: FileSystem): FileSystem {
  return readOnlyFiles(fs, (path) => {
    throw new Error(`Cannot write "${path}": mq serve only reads`);
  });
}

function logBytes({ terminal, paths }: OpenTask): number {
  const { segments } = listSegments(terminal.files, paths.commitLogs);
  return segments.reduce((sum, segment) => sum + segment.length, 0);
}

function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof OverlayFullError || isFull(error.cause);
}

function tooMuch(store: string, mib: number): Failure {
  return new Failure(
    `Cannot serve "${store}": what its log calls for differs from its files by more than ${mib} ` +
      `MiB; allow more with --memory, or let mq recover ${store} --into FOLDER make a sound copy`,
  );
}
