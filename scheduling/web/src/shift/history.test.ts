import { describe, expect, it } from "vitest";
import type { Schedule } from "../api/types";
import { type Deed, History, inverse, type Rows } from "./history";

function shift(id: number, version: number, change: Partial<Schedule> = {}): Schedule {
  const times = { starts_at: "2026-11-23T08:00:00Z", ends_at: "2026-11-23T16:00:00Z", timezone: "Europe/London" };
  const words = { role: "Nurse", location: "North Ward", note: "", status: "draft" as const };
  const stamp = { updated_by: null, updated_at: times.starts_at };
  return { id, version, staff_id: 1, ...times, ...words, ...stamp, ...change };
}

/** Records what a change did. */
async function did(history: History, rows: Rows) {
  await history.record("change", Promise.resolve(rows), (answer) => answer);
}

const popped = async (history: History) => {
  const deed = history.pop();
  return deed && (await history.rowsOf(deed));
};

describe("who watches", () => {
  it("hears of what the server has done and taken back, and not of what it refused", async () => {
    const history = new History();
    const heard: string[] = [];
    const stop = history.watch((done) => heard.push(done));
    await history.record("create", Promise.resolve(shift(1, 1)), (after) => [{ before: null, after }]);
    await history.record("delete", Promise.reject(new Error("No")), () => []).catch(() => {});
    await history.restore(Promise.resolve(null), () => []);
    stop();
    await history.record("publish", Promise.resolve(null), () => []);
    expect(heard).toEqual(["create", "undo"]);
  });
});

describe("the inverse", () => {
  it("of creating deletes, of deleting creates, of changing changes back, with the version that was left", () => {
    const [old, now] = [shift(5, 1, { note: "old" }), shift(5, 2, { note: "new" })];
    expect(inverse([{ before: null, after: now }])).toEqual([{ before: now, after: null }]);
    expect(inverse([{ before: old, after: null }])).toEqual([{ before: null, after: old }]);
    expect(inverse([{ before: old, after: now }])).toEqual([{ before: now, after: old }]);
  });
});

describe("the history", () => {
  it("gives back the newest change first, each once", async () => {
    const history = new History();
    await did(history, [{ before: null, after: shift(1, 1) }]);
    await did(history, [{ before: null, after: shift(2, 1) }]);
    expect((await popped(history))?.[0]?.after?.id).toBe(2);
    expect((await popped(history))?.[0]?.after?.id).toBe(1);
    expect(await popped(history)).toBeNull();
  });

  it("keeps so many and no more", async () => {
    const history = new History(3);
    for (const id of [1, 2, 3, 4]) await did(history, [{ before: null, after: shift(id, 1) }]);
    expect(history.size).toBe(3);
    const ids = [await popped(history), await popped(history), await popped(history)].map(
      (rows) => rows?.[0]?.after?.id,
    );
    expect(ids).toEqual([4, 3, 2]);
    expect(await popped(history)).toBeNull();
  });

  it("waits for the answer of a change that is under way", async () => {
    const history = new History();
    let answer: (rows: Rows) => void = () => {};
    const sent = new Promise<Rows>((resolve) => {
      answer = resolve;
    });
    const recorded = history.record("delete", sent, (rows) => rows);
    const waiting = popped(history);
    answer([{ before: shift(1, 1), after: null }]);
    expect(await waiting).toHaveLength(1);
    await recorded;
    expect(history.size).toBe(0);
  });

  it("forgets what was refused, and passes the refusal on", async () => {
    const history = new History();
    await did(history, [{ before: null, after: shift(1, 1) }]);
    await expect(history.record("change", Promise.reject(new Error("no")), () => [])).rejects.toThrow("no");
    expect((await popped(history))?.[0]?.after?.id).toBe(1);
  });

  it("takes off what was refused as nothing", async () => {
    const history = new History();
    let refuse: (error: Error) => void = () => {};
    const sent = new Promise<Rows>((_, reject) => {
      refuse = reject;
    });
    const recorded = history.record("change", sent, (rows) => rows);
    const waiting = popped(history);
    refuse(new Error("no"));
    await expect(recorded).rejects.toThrow("no");
    expect(await waiting).toBeNull();
  });

  it("follows a shift over what was undone: created anew it has another number, changed back another version", async () => {
    const history = new History();
    const [first, second, third] = [shift(5, 1), shift(5, 2, { note: "b" }), shift(5, 3, { note: "c" })];
    await did(history, [{ before: null, after: first }]);
    await did(history, [{ before: first, after: second }]);
    await did(history, [{ before: second, after: third }]);
    await did(history, [{ before: third, after: null }]);

    // The deletion is undone: the shift is number 9 now.
    await popped(history);
    history.undone([{ was: third, now: shift(9, 1, { note: "c" }) }]);
    const change = inverse((await popped(history)) ?? []);
    expect(change).toEqual([{ before: shift(9, 1, { note: "c" }), after: { ...second, id: 9 } }]);

    history.undone([{ was: second, now: shift(9, 2, { note: "b" }) }]);
    expect((await popped(history))?.[0]?.after).toEqual(shift(9, 2, { note: "b" }));
    history.undone([{ was: first, now: shift(9, 3) }]);
    expect(inverse((await popped(history)) ?? [])).toEqual([{ before: shift(9, 3), after: null }]);
  });

  it("undoes one after the other, each when the answer to the one before has said what the shifts are now", async () => {
    const history = new History();
    await did(history, [{ before: null, after: shift(5, 1) }]);
    await did(history, [{ before: shift(5, 1), after: null }]);
    let answer: (now: Schedule) => void = () => {};
    const sent = new Promise<Schedule>((resolve) => {
      answer = resolve;
    });
    const taken: (Rows | null)[] = [];
    // The first ends by its event, before its answer has come.
    const first = history.inTurn(async () => {
      taken.push(await popped(history));
      void history.restore(sent, (now) => [{ was: shift(5, 1), now }]);
    });
    const second = history.inTurn(async () => void taken.push(await popped(history)));
    answer(shift(9, 1));
    await Promise.all([first, second]);
    expect(taken[1]).toEqual([{ before: null, after: shift(9, 1) }]);
  });

  it("takes back in its place what could not be undone now", async () => {
    const history = new History();
    await did(history, [{ before: null, after: shift(1, 1) }]);
    await did(history, [{ before: null, after: shift(2, 1) }]);
    const deed = history.pop();
    await did(history, [{ before: null, after: shift(3, 1) }]);
    if (deed) history.putBack(deed);
    const ids = [await popped(history), await popped(history), await popped(history)].map(
      (rows) => rows?.[0]?.after?.id,
    );
    expect(ids).toEqual([3, 2, 1]);
  });

  it("goes on after one that could not be undone", async () => {
    const history = new History();
    await did(history, [{ before: null, after: shift(1, 1) }]);
    await expect(history.inTurn(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    const refused = history.restore(Promise.reject(new Error("stale")), () => []);
    await expect(refused).rejects.toThrow("stale");
    await history.inTurn(async () => expect(await popped(history)).toHaveLength(1));
    expect(history.size).toBe(0);
  });

  it("drops what was never sent, and says of the rest whether it may have arrived", async () => {
    const history = new History();
    const rows = [{ before: null, after: shift(-1, 0) }];
    const waiting = (withdraw: (() => boolean) | null) => ({ rows, withdraw });
    const never = new Promise<Rows>(() => {});
    for (const each of [waiting(() => true), waiting(() => false), waiting(null)]) {
      void history.record("create", never, (did) => did, each);
    }
    await history.record(
      "create",
      Promise.resolve(rows),
      (did) => did,
      waiting(() => true),
    );
    const last = () => history.dropUnsent(history.pop() as Deed);
    expect([last(), last(), last(), last()]).toEqual(["sent", "sent", "waits", rows]);
  });

  it("goes on where what undoes a change cannot be sent now, and goes by what it will restore", async () => {
    const history = new History();
    await did(history, [{ before: null, after: shift(5, 1) }]);
    await did(history, [{ before: shift(5, 1), after: null }]);
    await history.inTurn(async () => {
      await popped(history);
      void history.restore(new Promise(() => {}), () => []);
      history.held([{ was: shift(5, 1), now: shift(-1, 0) }]);
    });
    await history.inTurn(async () => expect(await popped(history)).toEqual([{ before: null, after: shift(-1, 0) }]));
    expect(history.size).toBe(0);
  });

  it("leaves alone what somebody else changed in between", async () => {
    const history = new History();
    const mine = shift(5, 1);
    await did(history, [{ before: null, after: mine }]);
    await did(history, [{ before: shift(5, 2, { note: "theirs" }), after: shift(5, 3, { note: "mine" }) }]);
    await popped(history);
    history.undone([{ was: shift(5, 2, { note: "theirs" }), now: shift(5, 4, { note: "theirs" }) }]);
    expect((await popped(history))?.[0]?.after).toEqual(mine);
  });
});
