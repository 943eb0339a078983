/** Error codes and close codes: protocol.md, section 8. */

/** What a server answers in `connection:error`. A newer server may send others. */
export const ERROR_CODES = [
  "invalid_json",
  "invalid_message",
  "message_too_large",
  "unknown_type",
  "not_authenticated",
  "unauthorized",
  "token_expiring",
  "token_expired",
  "invalid_channel",
  "unknown_channel",
  "forbidden",
  "not_subscribed",
  "no_presence",
  "invalid_metadata",
  "too_many_channels",
  "rate_limited",
  "internal_error",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * What the client itself says:
 * - `malformed`: a message is not as the protocol or its declaration says;
 * - `disconnected`: the connection was lost; of a request, the outcome is unknown;
 * - `timeout`: the answer did not come in time;
 * - `queue_full`: older messages had to make room;
 * - `too_many_requests`: too many requests wait for an answer;
 * - `slow`: bytes are not leaving this machine.
 */
export type ClientErrorCode = "malformed" | "disconnected" | "timeout" | "queue_full" | "too_many_requests" | "slow";

const FINAL = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1010, 1015]);

/** Whether the client connects again by itself after a close with this code. Unregistered codes below 4000 say yes. */
export function reconnects(code: number): boolean {
  return code < 4400 && !FINAL.has(code);
}

/** A message was refused, by the server or before it left. `code` is for programs, `message` for developers. */
export class TidingsError extends Error {
  override readonly name = "TidingsError";
  readonly code: string;

  constructor(code: ErrorCode | ClientErrorCode | (string & {}), message: string) {
    super(message);
    this.code = code;
  }
}
