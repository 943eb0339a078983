/** What `bench/servers/workload.py` and `bench/servers/guide_types.py` say, for Node. */
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";

export const EVENT_TYPE = "schedule:created";
export const PORT = Number(process.env.BENCH_PORT);
export const COMPRESSED = process.env.BENCH_COMPRESSED === "1";

const SECRET = "a secret of the benchmark, which guards nothing";
const PAYLOAD = Number(process.env.BENCH_PAYLOAD ?? 0);
const WORDS =
  "the night shift on ward four begins with a handover of all open questions to whoever takes the next one".split(" ");

/** Packages come from the peer's own folder, not from the project's. */
export const require = createRequire(process.env.BENCH_PACKAGES ?? import.meta.url);
const { verify } = require("jsonwebtoken");

/** The user whom the token names. Throws where it is not good. */
export const verified = (token: string): string => verify(token, SECRET, { algorithms: ["HS256"] }).sub;

/** The usual schedule, or a note that makes `{"schedule": …}` as long as this process was told. */
export const schedule = (number: number) =>
  PAYLOAD > 0 ? { ...short, id: 100_000 + number, note } : { id: 100_000 + number, ...usual };

const usual = {
  staffId: 4711,
  startsAt: "2026-11-23T07:00:00Z",
  endsAt: "2026-11-23T15:30:00Z",
  role: "nurse",
  location: "Ward 4",
  status: "published",
  version: 1,
};

const short = { id: 100_000, version: 1, note: "" };
const missing = Math.max(0, PAYLOAD - JSON.stringify({ schedule: short }).length);
const note = mixed(missing);

/** The words in the order that `workload.py` has them. */
function mixed(length: number): string {
  const words: (string | undefined)[] = [];
  for (let state = 0, left = length; left > 0; left -= 1) {
    words.push(WORDS[Math.floor((state * WORDS.length) / 134_456)]);
    state = (state * 8_121 + 28_411) % 134_456;
  }
  return words.join(" ").slice(0, length);
}

/** A message in the guide's envelope. */
export const message = (type: string, payload: object): string =>
  JSON.stringify({ type, payload, timestamp: new Date().toISOString(), id: randomUUID() });
