/**
 * All bodies of commands: types, and functions `parseX` from bytes and `formatX` to bytes.
 *
 * @module
 */

export * from "./batch_body.ts";
export * from "./client_connections.ts";
export * from "./data_version.ts";
export * from "./heartbeat.ts";
export { BodyError } from "./json_body.ts";
export * from "./message_queue.ts";
export * from "./name_lists.ts";
export * from "./offset_tables.ts";
export * from "./queue_locks.ts";
export * from "./register_body.ts";
export * from "./route.ts";
export * from "./subscription_group.ts";
export * from "./topic_config.ts";
export * from "./topic_stats.ts";
