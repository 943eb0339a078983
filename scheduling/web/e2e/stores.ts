import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PYTHON, ROOT } from "./server";

/** A Postgres and a Valkey of a test's own. */
export interface Stores {
  /** The environment of a server that keeps everything there. */
  readonly env: Readonly<Record<string, string>>;
  /** How much is there by now. */
  readonly held: () => Promise<{ readonly shifts: number; readonly keys: number }>;
  readonly stop: () => Promise<void>;
}

export async function startStores(): Promise<Stores> {
  const child = spawn(PYTHON, [join(import.meta.dirname, "stores.py")], {
    cwd: ROOT,
    env: { ...process.env, PYTHONPATH: ROOT },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("Postgres or Valkey did not start");
    return JSON.parse(value);
  };
  const env = await next();
  return {
    env,
    held: () => {
      child.stdin.write("\n");
      return next();
    },
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
