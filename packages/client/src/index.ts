/** @tidings/client: one connection, typed channels, positions that survive a reconnect. */

export { type Channel, type ChannelEvent, channel, channelName, type EventOf } from "./channel.js";
export { type ClientOptions, WebSocketClient } from "./client.js";
export type { Token } from "./connection.js";
export type { Clock, Socket, SocketConstructor } from "./environment.js";
export type { Report } from "./handlers.js";
export type { ConnectionStatus } from "./lifeline.js";
export type { Position } from "./protocol/applying.js";
export { type ClientErrorCode, type ErrorCode, TidingsError } from "./protocol/codes.js";
export {
  type ClientMessage,
  type ServerPayloads,
  type WebSocketMessage,
  WS_EVENT_TYPES,
} from "./protocol/messages.js";
export type { Definitions, Schema } from "./protocol/schema.js";
export type { ChannelHandlers, ChannelStatus, Reset } from "./subscription.js";
