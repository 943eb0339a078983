import { describe, expect, it } from "vitest";
import { send } from "./http";
import { isUnreachable } from "./problem";

/** An answer that begins, and of which this is all that comes. */
function answer(text: string, lost?: Error): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      if (lost) controller.error(lost);
      else controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "application/json" } });
}

const failure = (response: Response, as?: "blob") =>
  send(async () => response, "/api/shifts", as ? { as } : {}).catch((error: unknown) => error);

describe("an answer", () => {
  it("that stops midway means that no server was reached", async () => {
    for (const as of [undefined, "blob"] as const) {
      const error = await failure(answer('{"id":', new TypeError("network error")), as);
      expect(isUnreachable(error)).toBe(true);
    }
  });

  it("that comes whole and cannot be read does not, nor one that is not wanted any more", async () => {
    expect(await failure(answer('{"id":'))).toBeInstanceOf(SyntaxError);
    const gone = new DOMException("Gone", "AbortError");
    expect(await failure(answer("{", gone))).toBe(gone);
  });
});
