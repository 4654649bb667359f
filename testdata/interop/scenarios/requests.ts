/**
 * Messages whose sender waits for a reply: Java's clients of both releases and ours, each asking each,
 * with small and with compressed bodies, and a request nobody replies to.
 *
 * @module
 */

import { type Client, connect } from "../../../net/client/client.ts";
import { notTheList } from "../deliveries.ts";
import type { Cluster } from "../cluster.ts";
import type { JavaSession, RequestOptions } from "../session.ts";
import { sideBySide, type Stage } from "../stage.ts";

const COUNT = 3;
/** Compressed by all of them. */
const LARGE_BYTES = 9000;
const TIMEOUT_MS = 15_000;
const SHORT_TIMEOUT_MS = 1500;
const AWAKE_MS = 90_000;

/** Who asks and replies. */
interface Party extends AsyncDisposable {
  readonly name: string;
  respond(options: { readonly topic: string; readonly group: string }): Promise<void>;
  /** What is replied to each request, or the name of the error. */
  request(options: RequestOptions): Promise<readonly string[]>;
}

/** The scenario. */
export async function requests(stage: Stage): Promise<void> {
  await using cluster = await stage.start();
  await using stack = new AsyncDisposableStack();
  const sessions = await Promise.all(
    stage.clientVersions.map((version) => stage.javaSession(version, cluster)),
  );
  for (const session of sessions) stack.use(session);
  const parties = [...sessions.map(java), stack.use(ours(cluster))];
  const [admin] = sessions;
  for (const topic of ["T_unheard", ...parties.map(topicOf)]) {
    await admin?.admin(["updateTopic", "-b", cluster.broker, "-t", topic, "-r", "2", "-w", "2"]);
  }
  for (const party of parties) {
    const topic = topicOf(party);
    await party.respond({ topic, group: `G_${topic}` });
  }
  await sideBySide(parties, (party) => awaken(party, parties.at(-1)!));
  await sideBySide(parties, async (asking) => {
    for (const replying of parties) await ask(stage, { asking, replying });
  });
  for (const asking of parties) await unheard(stage, asking);
}

/**
 * Asks until there is a reply. A client of Java drops a heartbeat that meets another of its own; then its
 * broker knows nothing of it for 30 s more.
 */
async function awaken(replying: Party, asking: Party): Promise<void> {
  const request = { topic: topicOf(replying), mark: "awake", timeoutMs: SHORT_TIMEOUT_MS };
  const deadline = Date.now() + AWAKE_MS;
  for (;;) {
    const [reply] = await asking.request(request);
    if (reply === `awake-0 by ${replying.name}`) return;
    if (Date.now() > deadline) throw new Error(`${replying.name} replies to nothing: ${reply}`);
  }
}

async function ask(
  stage: Stage,
  { asking, replying }: { readonly asking: Party; readonly replying: Party },
): Promise<void> {
  const since = Date.now();
  const topic = topicOf(replying);
  const mark = `from ${asking.name}`;
  const small = await asking.request({ topic, mark, count: COUNT, timeoutMs: TIMEOUT_MS });
  const [large] = await asking.request({
    topic,
    mark,
    bytes: LARGE_BYTES,
    timeoutMs: TIMEOUT_MS,
  });
  const expected = Array.from({ length: COUNT }, (_, at) => `${mark}-${at} by ${replying.name}`);
  const padded = `${`${mark}-0`.padEnd(LARGE_BYTES)} by ${replying.name}`;
  stage.report.check(
    `requests: ${asking.name} has its ${COUNT + 1} replies from ${replying.name}`,
    [
      ...notTheList("small", expected, small),
      ...large === padded ? [] : [`large: ${large?.length} characters, ${large?.slice(0, 40)}`],
    ],
    since,
  );
}

/** A request to a topic nobody consumes ends when its time is over. */
async function unheard(stage: Stage, asking: Party): Promise<void> {
  const since = Date.now();
  const asked = { topic: "T_unheard", mark: "m", timeoutMs: SHORT_TIMEOUT_MS };
  const replies = await asking.request(asked);
  const expected = asking.name === "mq" ? "RpcError timeout" : "RequestTimeoutException";
  const elapsedMs = Date.now() - since;
  stage.report.check(
    `requests: ${asking.name} waits no longer than it said`,
    [
      ...notTheList("replies", [expected], replies),
      ...elapsedMs < SHORT_TIMEOUT_MS ? [`after ${elapsedMs} ms`] : [],
    ],
    since,
  );
}

function topicOf({ name }: Pick<Party, "name">): string {
  return `T_request_${name.replaceAll(/\W/g, "_")}`;
}

function java(session: JavaSession): Party {
  const name = `Java ${session.version}`;
  return {
    name,
    respond: (options) => session.respond({ name: "responder", by: name, ...options }),
    request: (options) => session.request(options),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

function ours({ namesrv }: Cluster): Party {
  const name = "mq";
  const client: Client = connect({ nameServers: namesrv });
  const producer = client.producer({ group: "P_request_mq" });
  return {
    name,
    respond({ topic, group }) {
      const consumer = client.consumer({ group, subscribe: { [topic]: "*" }, startFrom: "first" });
      void consumer.run((message) => message.reply(`${message.text()} by ${name}`));
      return Promise.resolve();
    },
    async request({ topic, mark, count = 1, timeoutMs = TIMEOUT_MS, bytes = 0 }) {
      const replies: string[] = [];
      for (let at = 0; at < count; at++) {
        const body = `${mark}-${at}`.padEnd(bytes);
        try {
          replies.push((await producer.request({ topic, body }, { timeoutMs })).text());
        } catch (error) {
          const { name, kind } = error as Error & { readonly kind?: string };
          replies.push(`${name} ${kind}`);
        }
      }
      return replies;
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}
