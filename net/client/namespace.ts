/**
 * Names of topics and groups, as an application calls them and as they are on the wire.
 *
 * @module
 */

import { DLQ_PREFIX, isSystemGroup, isSystemTopic, RETRY_PREFIX } from "../wire/topic_names.ts";

/** Between a namespace and a name (Java: `NamespaceUtil`). */
const SEPARATOR = "%";
/** What stands before everything else in names of retry and dead letter topics. */
const PREFIXES = [RETRY_PREFIX, DLQ_PREFIX];

/**
 * A prefix of all names of a client; without a name it changes nothing.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { Namespace } from "./namespace.ts";
 *
 * const eu = new Namespace("eu");
 * assert.equal(eu.wrap("Orders"), "eu%Orders");
 * assert.equal(eu.wrap("%RETRY%billing"), "%RETRY%eu%billing");
 * assert.equal(eu.unwrap("%RETRY%eu%billing"), "%RETRY%billing");
 * assert.equal(eu.wrap("RMQ_SYS_TRACE_TOPIC"), "RMQ_SYS_TRACE_TOPIC");
 * ```
 */
export class Namespace {
  /** Empty for none. */
  readonly name: string;

  constructor(name = "") {
    this.name = name;
  }

  /** The name on the wire; one that has the prefix keeps it, a system topic gets none. */
  wrap(resource: string): string {
    const [prefix, name] = split(resource);
    if (
      this.name === "" || isSystemTopic(name) || isSystemGroup(name) ||
      name.startsWith(this.name + SEPARATOR)
    ) {
      return resource;
    }
    return prefix + this.name + SEPARATOR + name;
  }

  /** The name an application knows. */
  unwrap(resource: string): string {
    if (this.name === "") return resource;
    const [prefix, name] = split(resource);
    if (!name.startsWith(this.name + SEPARATOR)) return resource;
    return prefix + name.slice(this.name.length + SEPARATOR.length);
  }
}

function split(resource: string): [prefix: string, name: string] {
  const prefix = PREFIXES.find((it) => resource.startsWith(it)) ?? "";
  return [prefix, resource.slice(prefix.length)];
}
