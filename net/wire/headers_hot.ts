/**
 * The headers that are coded for every message, read without walking their tables. The tables
 * in `headers_message.ts` stay the truth: a test compares both on random fields, and whatever is out
 * of the ordinary is left to them.
 *
 * @module
 */

import { type HeaderFrom, parseBoolean, parseInt32, parseInt64 } from "./header.ts";
import type { PULL, SEND_RESPONSE, SEND_V2 } from "./headers_message.ts";

type Fields = Readonly<Record<string, string>>;

/** Header of SEND_MESSAGE_V2; `undefined` when the table has to say what is wrong. */
export function decodeSendV2(ext: Fields): HeaderFrom<typeof SEND_V2> | undefined {
  const { a, b, c, d, e, f, g, h, j, k, l, m } = ext;
  if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
  if (e === undefined || f === undefined || g === undefined || h === undefined) return undefined;
  const defaultTopicQueueNums = parseInt32(d);
  const queueId = parseInt32(e);
  const sysFlag = parseInt32(f);
  const bornTimestamp = parseInt64(g);
  const flag = parseInt32(h);
  if (defaultTopicQueueNums === undefined || queueId === undefined) return undefined;
  if (sysFlag === undefined || bornTimestamp === undefined || flag === undefined) return undefined;
  const reconsumeTimes = j === undefined ? undefined : parseInt32(j);
  const maxReconsumeTimes = l === undefined ? undefined : parseInt32(l);
  if (reconsumeTimes === undefined && j !== undefined) return undefined;
  if (maxReconsumeTimes === undefined && l !== undefined) return undefined;
  return {
    producerGroup: a,
    topic: b,
    defaultTopic: c,
    defaultTopicQueueNums,
    queueId,
    sysFlag,
    bornTimestamp,
    flag,
    properties: ext["i"],
    reconsumeTimes,
    unitMode: k === undefined ? undefined : parseBoolean(k),
    maxReconsumeTimes,
    batch: m === undefined ? undefined : parseBoolean(m),
    brokerName: ext["n"],
  };
}

/** Fields of SEND_MESSAGE_V2, as the table has them. */
export function encodeSendV2(header: HeaderFrom<typeof SEND_V2>): Record<string, string> {
  const { properties, reconsumeTimes, unitMode, maxReconsumeTimes, batch, brokerName } = header;
  const ext: Record<string, string> = {
    a: header.producerGroup,
    b: header.topic,
    c: header.defaultTopic,
    d: String(header.defaultTopicQueueNums),
    e: String(header.queueId),
    f: String(header.sysFlag),
    g: String(header.bornTimestamp),
    h: String(header.flag),
  };
  if (properties !== undefined) ext["i"] = properties;
  if (reconsumeTimes !== undefined) ext["j"] = String(reconsumeTimes);
  if (unitMode !== undefined) ext["k"] = String(unitMode);
  if (maxReconsumeTimes !== undefined) ext["l"] = String(maxReconsumeTimes);
  if (batch !== undefined) ext["m"] = String(batch);
  if (brokerName !== undefined) ext["n"] = brokerName;
  return ext;
}

/** Header of an answer to a send; `undefined` when the table has to say what is wrong. */
export function decodeSendResponse(
  ext: Fields,
): HeaderFrom<typeof SEND_RESPONSE> | undefined {
  const { msgId, queueId: queue, queueOffset: offset, transactionId, batchUniqId, recallHandle } =
    ext;
  const queueId = parseInt32(queue ?? "");
  const queueOffset = parseInt64(offset ?? "");
  if (msgId === undefined || queueId === undefined || queueOffset === undefined) return undefined;
  const { MSG_REGION: regionId, TRACE_ON: traceOn } = ext;
  return {
    msgId,
    queueId,
    queueOffset,
    transactionId,
    batchUniqId,
    recallHandle,
    regionId,
    traceOn,
  };
}

/** Header of PULL_MESSAGE; `undefined` when the table has to say what is wrong. */
export function decodePull(ext: Fields): HeaderFrom<typeof PULL> | undefined {
  const { consumerGroup, topic, maxMsgBytes: bytes, requestSource: source } = ext;
  const queueId = parseInt32(ext["queueId"] ?? "");
  const queueOffset = parseInt64(ext["queueOffset"] ?? "");
  const maxMsgNums = parseInt32(ext["maxMsgNums"] ?? "");
  const sysFlag = parseInt32(ext["sysFlag"] ?? "");
  const commitOffset = parseInt64(ext["commitOffset"] ?? "");
  const suspendTimeoutMillis = parseInt64(ext["suspendTimeoutMillis"] ?? "");
  const subVersion = parseInt64(ext["subVersion"] ?? "");
  if (consumerGroup === undefined || topic === undefined || queueId === undefined) return undefined;
  if (queueOffset === undefined || maxMsgNums === undefined) return undefined;
  if (sysFlag === undefined || commitOffset === undefined) return undefined;
  if (suspendTimeoutMillis === undefined || subVersion === undefined) return undefined;
  const maxMsgBytes = bytes === undefined ? undefined : parseInt32(bytes);
  const requestSource = source === undefined ? undefined : parseInt32(source);
  if (maxMsgBytes === undefined && bytes !== undefined) return undefined;
  if (requestSource === undefined && source !== undefined) return undefined;
  return {
    consumerGroup,
    topic,
    queueId,
    queueOffset,
    maxMsgNums,
    sysFlag,
    commitOffset,
    suspendTimeoutMillis,
    subscription: ext["subscription"],
    subVersion,
    expressionType: ext["expressionType"],
    maxMsgBytes,
    requestSource,
    proxyForwardClientId: ext["proxyFrowardClientId"],
  };
}
