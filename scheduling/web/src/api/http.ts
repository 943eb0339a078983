import { problemOf, unanswered } from "./problem";

export interface Call {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON; a Blob as what it is. */
  readonly body?: unknown;
  /** How the answer is read; JSON where nothing is said. */
  readonly as?: "blob";
  readonly token?: string | null;
  /** The name of a change: its events bear it, so that the page knows them for its own. */
  readonly requestId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

function initOf({ method = "GET", body, token, requestId, signal }: Call): RequestInit {
  const headers: Record<string, string> = { accept: "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  if (requestId) headers["x-request-id"] = requestId;
  const file = body instanceof Blob;
  if (body !== undefined) headers["content-type"] = file ? body.type : "application/json";
  return {
    method,
    headers,
    credentials: "same-origin",
    ...(body === undefined ? {} : { body: file ? body : JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  };
}

function unreachable(error: unknown): never {
  if (error instanceof DOMException && error.name === "AbortError") throw error;
  throw unanswered();
}

/** The connection was lost while the answer was read; one that came whole and cannot be read is another matter. */
function cutOff(error: unknown): never {
  if (error instanceof SyntaxError) throw error;
  return unreachable(error);
}

/** Sends one request and returns its JSON (undefined for 204), or the file that it is. Throws `Problem` for every refusal. */
export async function send<T>(fetch: Fetch, path: string, call: Call = {}): Promise<T> {
  const response = await fetch(path, initOf(call)).catch(unreachable);
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as T;
  return (await (call.as === "blob" ? response.blob() : response.json()).catch(cutOff)) as T;
}
