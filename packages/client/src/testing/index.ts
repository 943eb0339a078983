/** @tidings/client/testing: a server without a network, time that a test turns, chance that comes out the same. */

export { pick, seeded } from "./chance.js";
export { FakeClock } from "./clock.js";
export {
  type Answer,
  envelope,
  type LoggedEvent,
  refuse,
  ScriptedLog,
  ScriptedServer,
  ScriptedSocket,
  type SentMessage,
  TIMESTAMP,
} from "./scripted.js";
