import { describe, expect, it } from "vitest";
import { send } from "./http";
import { isUnreachable, sentenceOf, unanswered } from "./problem";

/** An answer that begins, and of which this is all that comes. */
function answer(text: string, lost?: Error, status = 200): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      if (lost) controller.error(lost);
      else controller.close();
    },
  });
  return new Response(body, { status, headers: { "content-type": "application/problem+json" } });
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
    expect(await failure(answer("{", gone, 500))).toBe(gone);
  });
});

describe("a refusal whose reasons stop midway", () => {
  const cut = (status: number) => failure(answer('{"detail":', new TypeError("network error"), status));

  it.each([500, 502, 503, 504])("is no answer where the server failed: %i", async (status) => {
    const error = await cut(status);
    expect(isUnreachable(error)).toBe(true);
    expect(sentenceOf(error)).toBe(sentenceOf(unanswered()));
  });

  it.each([400, 403, 404, 409, 422])("is final where the server has refused: %i", async (status) => {
    const error = await cut(status);
    expect(isUnreachable(error)).toBe(false);
    expect(sentenceOf(error)).toBe(`The server answered ${status}`);
  });

  it("is what it says where it came whole and cannot be read", async () => {
    expect(isUnreachable(await failure(answer("{", undefined, 500)))).toBe(false);
  });
});
