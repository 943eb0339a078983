import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export type Transport = "native" | "asgi";

export interface Server {
  /** "http://127.0.0.1:49152" */
  readonly url: string;
  readonly stop: () => Promise<void>;
  /** Ends it as a power cut does: nothing is finished. */
  readonly kill: () => Promise<void>;
}

export const ROOT = join(import.meta.dirname, "../../..");
export const PYTHON = join(ROOT, ".venv/bin/python");
const PATIENCE = 60_000;

/** The address in the log, once the server serves; rejects with the log when the server ends instead. */
async function addressOf(child: ChildProcess): Promise<string> {
  const log: string[] = [];
  const overdue = setTimeout(() => child.kill(), PATIENCE);
  try {
    if (!child.stderr) throw new Error("The server's log cannot be read");
    for await (const line of createInterface({ input: child.stderr })) {
      log.push(line);
      if (line.includes("Application startup complete")) break;
    }
  } finally {
    clearTimeout(overdue);
  }
  const address = /Listening on (http:\/\/\S+)/.exec(log.join("\n"))?.[1];
  if (!address) throw new Error(`The server did not start:\n${log.join("\n")}`);
  return address;
}

interface Manner {
  /** It has what only the demo has: ways in, a tour, colleagues who are played. */
  readonly demo?: boolean;
  /** Where it keeps its data, if not in the folder. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts the real server. With a `folder` it keeps its data there, for a later start; otherwise its database is fresh, and
 * `stop` removes it.
 */
export async function startServer(
  transport: Transport,
  folder?: string,
  { demo = false, env = {} }: Manner = {},
): Promise<Server> {
  const data = folder ?? (await mkdtemp(join(tmpdir(), "scheduling-")));
  const child = spawn(PYTHON, [join(import.meta.dirname, "serve.py"), data, transport, ...(demo ? ["demo"] : [])], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  const url = await addressOf(child);
  child.stderr?.resume();
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
    if (!folder) await rm(data, { recursive: true, force: true });
  };
  return { url, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}
