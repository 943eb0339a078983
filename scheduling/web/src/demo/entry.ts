import type { About } from "../api/types";
import type { Session } from "../session/session";

/** What stands behind `#` in the address of a window that is to be somebody's at once. */
const ENTRY = { "#as-manager": "manager", "#as-staff": "staff" } as const;
type Part = (typeof ENTRY)[keyof typeof ENTRY];

/** Begins the session: in the demo as whom the address names, else as whoever the browser remembers. */
export async function begin(
  session: Pick<Session, "start" | "signIn">,
  about: Promise<About>,
  { hash }: Pick<Location, "hash">,
): Promise<void> {
  const part = (ENTRY as Readonly<Record<string, Part | undefined>>)[hash];
  const demo = part && (await about).demo;
  // One who cannot be signed in finds the page for it.
  await (demo ? session.signIn(demo[part], demo.password).catch(session.start) : session.start());
}

/** The same machine by its other name: there, the browser keeps other cookies, and so another session. */
const TWIN: Readonly<Record<string, string>> = { "127.0.0.1": "localhost", localhost: "127.0.0.1" };

/** Where a second window of this browser is somebody else's; null where the demo is not on the visitor's own machine. */
export function secondWindow(here: string): string | null {
  const url = new URL("/#as-staff", here);
  const twin = TWIN[url.hostname];
  if (!twin) return null;
  url.hostname = twin;
  return url.href;
}
