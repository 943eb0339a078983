/** The states of a client, as a table. What each state does on entry: `../lifeline.ts`. */

/**
 * - `idle`: never connected. `closed`: by `disconnect()`.
 * - `connecting`: a socket is being opened and authenticated. `connected`: `connection:established` came.
 * - `waiting`: until the next try. `refused`: no further try until the application asks for it.
 */
export type State = "idle" | "connecting" | "connected" | "waiting" | "refused" | "closed";

/** `wake`: the page is visible, or the network back, so that waiting longer makes no sense. */
export type Happening = "connect" | "established" | "lost" | "refused" | "retry" | "wake" | "disconnect";

const TRANSITIONS: Readonly<Record<State, Partial<Record<Happening, State>>>> = {
  idle: { connect: "connecting", disconnect: "closed" },
  connecting: { established: "connected", lost: "waiting", refused: "refused", disconnect: "closed" },
  connected: { lost: "waiting", refused: "refused", disconnect: "closed" },
  waiting: { connect: "connecting", retry: "connecting", wake: "connecting", disconnect: "closed" },
  refused: { connect: "connecting", disconnect: "closed" },
  closed: { connect: "connecting" },
};

/** The state after `happening`; null where it means nothing in `state`. */
export function transition(state: State, happening: Happening): State | null {
  return TRANSITIONS[state][happening] ?? null;
}
