// @vitest-environment happy-dom

import { renderHook } from "@testing-library/react";
import type { ConnectionStatus } from "@tidings/client";
import { expect, test, vi } from "vitest";
import { useRenewal } from "./renewal";

function setUp(renew: () => Promise<void> = () => Promise.resolve()) {
  const renewed = vi.fn(renew);
  const connect = vi.fn();
  const { rerender, unmount } = renderHook(({ status }) => useRenewal(status, renewed, connect), {
    initialProps: { status: "connecting" as ConnectionStatus["status"] },
  });
  const become = async (...statuses: ConnectionStatus["status"][]) => {
    for (const status of statuses) rerender({ status });
    await Promise.resolve();
  };
  return { renewed, connect, become, unmount };
}

test("a connection that stood and was ended is taken up again with a new token", async () => {
  const { renewed, connect, become } = setUp();
  await become("connected", "refused");
  expect(renewed).toHaveBeenCalledOnce();
  expect(connect).toHaveBeenCalledOnce();
});

test("one that is refused again and again is left at that", async () => {
  const { renewed, become } = setUp();
  await become("connected", "refused", "connecting", "refused", "connecting", "refused");
  expect(renewed).toHaveBeenCalledOnce();
});

test("one that never stood is not asked for", async () => {
  const { renewed, become } = setUp();
  await become("refused");
  expect(renewed).not.toHaveBeenCalled();
});

test("who is signed out by the renewal, or is somebody else now, is not connected", async () => {
  const refused = setUp(() => Promise.reject(new Error("401")));
  await refused.become("connected", "refused");
  const other = setUp();
  const became = other.become("connected", "refused");
  other.unmount();
  await became;
  expect(refused.connect).not.toHaveBeenCalled();
  expect(other.connect).not.toHaveBeenCalled();
});
