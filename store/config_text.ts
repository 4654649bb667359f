/**
 * Reads the text of any configuration file for no other end than to know whether it can be read, as
 * JSON and as what a broker takes it for.
 *
 * @module
 */
import {
  CONSUMER_OFFSETS,
  DELAY_OFFSETS,
  LMQ_CONSUMER_OFFSETS,
  SUBSCRIPTION_GROUPS,
  TOPICS,
} from "./config_tables.ts";
import type { FastJsonReader } from "./fast_json_reader.ts";
import { readOffsetJson } from "./offset_json_reader.ts";

/** Files of offsets are larger than anybody wants to have in memory. */
const OFFSET_FILES: ReadonlySet<string> = new Set([
  CONSUMER_OFFSETS.fileName,
  LMQ_CONSUMER_OFFSETS.fileName,
]);

/** Files whose members must be what they are for a broker to load them. */
const DECODERS = new Map(
  [TOPICS, SUBSCRIPTION_GROUPS, DELAY_OFFSETS]
    .map(({ fileName, decode }) => [fileName, decode as (value: unknown) => unknown]),
);

/**
 * Reads the text of the file with this name.
 *
 * @throws {FastJsonError} where it is no JSON, and TypeError where a member is not what it must be.
 */
export function checkConfigText(json: FastJsonReader, fileName: string): void {
  if (OFFSET_FILES.has(fileName)) {
    readOffsetJson(json, fileName, { entry: () => {}, offset: () => {} });
    return;
  }
  const decode = DECODERS.get(fileName);
  if (decode === undefined) json.whole(() => json.skip());
  else decode(json.whole(() => json.value()));
}
