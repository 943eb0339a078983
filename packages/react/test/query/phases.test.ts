/** The table of phases, row by row, and a walk over all that can happen, against what is true of the rows meanwhile. */
import { expect, test } from "vitest";
import { isWhole, type Occurrence, type Phase, step } from "../../src/query/phases.js";

/** For each phase what may happen, the phase after it, and what is to be done. */
const ROWS: Readonly<Record<Phase, readonly string[]>> = {
  behind: [
    "hinted waiting/burst, reset waiting/jitter, left behind, entered behind/fetch-anew",
    "seen behind/fetch, began catching-up, began-early early, landed behind",
    "failed behind, spent behind, cancelled waiting/burst, restored whole",
  ],
  waiting: [
    "hinted waiting, reset waiting/jitter, left behind/stop, entered waiting",
    "seen waiting, began catching-up/stop, began-early early/stop, landed waiting",
    "failed waiting, spent waiting, cancelled waiting, rang behind/fetch-anew",
    "unseen behind",
  ],
  early: [
    "hinted early-again, reset waiting/jitter, left early, entered early/fetch-anew",
    "seen early, began catching-up, began-early early, landed behind",
    "failed early, spent behind, cancelled waiting/burst",
  ],
  "early-again": [
    "hinted early-again, reset waiting/jitter, left early-again, entered early-again/fetch-anew",
    "seen early-again, began catching-up, began-early early, landed waiting/burst",
    "failed early-again, spent waiting/burst, cancelled waiting/burst",
  ],
  "catching-up": [
    "hinted catching-up-again, reset waiting/jitter, left early, entered catching-up",
    "seen catching-up, began catching-up, began-early early, landed whole",
    "failed catching-up, spent behind, cancelled waiting/burst",
  ],
  "catching-up-again": [
    "hinted catching-up-again, reset waiting/jitter, left early-again, entered catching-up-again",
    "seen catching-up-again, began catching-up, began-early early, landed due/burst",
    "failed catching-up-again, spent waiting/burst, cancelled waiting/burst",
  ],
  whole: [
    "hinted due/burst, reset waiting/jitter, left behind, entered whole",
    "seen whole, began refreshing, began-early early, landed behind",
    "spent whole, cancelled waiting/burst",
  ],
  due: [
    "hinted due/burst, reset waiting/jitter, left behind/stop, entered due",
    "seen due, began refreshing/stop, began-early early/stop, landed behind/stop",
    "spent due/burst, cancelled waiting/burst, rang due/fetch, unseen behind",
  ],
  refreshing: [
    "hinted refreshing-again, reset waiting/jitter, left early, entered refreshing",
    "seen refreshing, began refreshing, began-early early, landed whole",
    "failed catching-up, spent behind, cancelled waiting/burst",
  ],
  "refreshing-again": [
    "hinted refreshing-again, reset waiting/jitter, left early-again, entered refreshing-again",
    "seen refreshing-again, began refreshing, began-early early, landed due/burst",
    "failed catching-up-again, spent waiting/burst, cancelled waiting/burst",
  ],
};

const OCCURRENCES: readonly Occurrence[] = [
  "hinted",
  "reset",
  "left",
  "entered",
  "seen",
  "began",
  "began-early",
  "landed",
  "failed",
  "spent",
  "cancelled",
  "rang",
  "unseen",
  "restored",
];
const PHASES = Object.keys(ROWS) as Phase[];

function stepOrNull(phase: Phase, occurrence: Occurrence) {
  try {
    return step(phase, occurrence);
  } catch {
    return null;
  }
}

test.each(PHASES)("the row of %s", (phase) => {
  const cells = OCCURRENCES.flatMap((occurrence) => {
    const [next, task] = stepOrNull(phase, occurrence) ?? [];
    return next ? [`${occurrence} ${next}${task ? `/${task}` : ""}`] : [];
  });
  expect(cells.join(", ")).toBe(ROWS[phase].join(", "));
});

test("what cannot happen is an error that says so", () => {
  expect(() => step("whole", "rang")).toThrow("rang while whole");
});

/** What is true of a query, whatever its phase says. */
interface Truth {
  /** The rows lack, or may lack, what will not come. */
  readonly lacks: boolean;
  /** Something was heard that only a fetch can tell, and none has begun since. */
  readonly asks: boolean;
  /** The fetch under way: whether it makes the rows whole, and whether it is to tell what was asked. */
  readonly fetch: { readonly good: boolean; readonly tells: boolean } | null;
  readonly timer: boolean;
  /** All channels are read from a position. */
  readonly anchored: boolean;
  readonly looked: boolean;
  /** Rows were persisted, and may yet prove to be those of the channels' positions: that is decided before anything is heard. */
  readonly kept: boolean;
}

interface Situation {
  readonly phase: Phase;
  readonly truth: Truth;
}

const START: Situation = {
  phase: "behind",
  truth: { lacks: true, asks: false, fetch: null, timer: false, anchored: false, looked: false, kept: true },
};

/** Entries of the table that were used. */
const used = new Set<string>();

/** `truth` is what holds once it has happened; then the tasks are done. A fetch that is asked for begins. */
function happens({ phase }: Situation, truth: Truth, occurrence: Occurrence): Situation {
  used.add(`${phase} ${occurrence}`);
  const [next, task] = step(phase, occurrence);
  const timer = task === "stop" ? false : truth.timer || task === "burst" || task === "jitter";
  const after = { phase: next, truth: { ...truth, timer } };
  const fetches = task === "fetch-anew" || (task === "fetch" && truth.fetch === null);
  return fetches ? begins(after) : after;
}

/** A fetch begins, in place of the one that is under way. */
function begins(now: Situation): Situation {
  const { anchored, asks, fetch } = now.truth;
  const next = { good: anchored, tells: asks || fetch?.tells === true };
  return happens(now, { ...now.truth, fetch: next, asks: false, kept: false }, anchored ? "began" : "began-early");
}

/** A fetch, which perhaps had not begun, came to an end without an answer: what it was to tell is to be asked again. */
function ends(now: Situation, how: "spent" | "cancelled"): Situation {
  const { lacks, asks, fetch } = now.truth;
  const rows = { lacks: lacks || how === "cancelled", asks: asks || fetch?.tells === true };
  return happens(now, { ...now.truth, ...rows, fetch: null, kept: false }, how);
}

/** As the page does whenever a channel's status changes, a fetch lands, or somebody comes. */
function looks(now: Situation): Situation {
  return now.truth.looked && !now.truth.kept ? happens(now, now.truth, now.truth.anchored ? "entered" : "seen") : now;
}

function lands(now: Situation): Situation {
  const { truth } = now;
  const after = happens(now, { ...truth, kept: false, fetch: null, lacks: truth.fetch?.good !== true }, "landed");
  return truth.anchored ? looks(after) : after;
}

function rings(now: Situation): Situation {
  return happens(now, { ...now.truth, timer: false, kept: false }, now.truth.looked ? "rang" : "unseen");
}

const spoilt = ({ fetch }: Truth) => fetch && { ...fetch, good: false };

/** All that can happen next. */
function moves(now: Situation): Situation[] {
  const { truth } = now;
  const { fetch, timer, kept } = truth;
  return [
    happens(now, { ...truth, asks: true, kept: false }, "hinted"),
    happens(now, { ...truth, lacks: true, fetch: spoilt(truth), kept: false }, "reset"),
    happens(now, { ...truth, lacks: true, fetch: spoilt(truth), anchored: false }, "left"),
    // A client that does not know a position for a moment, and loses nothing by it.
    looks({ ...now, truth: { ...truth, anchored: false } }),
    looks({ ...now, truth: { ...truth, anchored: true } }),
    looks({ ...now, truth: { ...truth, looked: true } }),
    { ...now, truth: { ...truth, looked: false } },
    begins(now),
    lands(now),
    ...(fetch ? [happens(now, truth, "failed")] : []),
    ends(now, "spent"),
    ends(now, "cancelled"),
    ...(timer ? [rings(now)] : []),
    ...(kept ? [happens(now, { ...truth, lacks: false, kept: false }, "restored")] : []),
  ];
}

function reachable(): Situation[] {
  const found = new Map([[JSON.stringify(START), START]]);
  for (const now of found.values()) {
    for (const next of moves(now)) found.set(JSON.stringify(next), next);
  }
  return [...found.values()];
}

/** Nothing goes wrong any more: somebody looks, the channels are entered, waits end, fetches land. */
function settle(now: Situation): Situation {
  let settled = looks({ ...now, truth: { ...now.truth, looked: true, anchored: true, kept: false } });
  for (let turn = 0; turn < 6; turn += 1) {
    if (settled.truth.fetch) settled = lands(settled);
    else if (settled.truth.timer) settled = rings(settled);
  }
  return settled;
}

test("whatever happens, no rows that lack something count as whole, and what is whole is due for what only a fetch can tell", () => {
  for (const { phase, truth } of reachable()) {
    const { lacks, asks, fetch, timer } = truth;
    const facts = JSON.stringify({ phase, truth });
    if (isWhole(phase)) expect(lacks, facts).toBe(false);
    if (phase === "whole") expect([asks, fetch], facts).toEqual([false, null]);
    expect(timer, facts).toBe(phase === "waiting" || phase === "due");
    if (/^(early|catching-up|refreshing)/.test(phase)) expect(fetch, facts).not.toBeNull();
    if (/^(catching-up|refreshing)/.test(phase)) expect(fetch?.good, facts).toBe(true);
  }
});

test("from whatever state, once nothing goes wrong any more, the rows become whole", () => {
  for (const now of reachable()) {
    const { phase, truth } = settle(now);
    expect([phase, truth.lacks, truth.asks], JSON.stringify(now)).toEqual(["whole", false, false]);
  }
});

test("every entry of the table can happen", () => {
  reachable();
  const entries = PHASES.flatMap((phase) =>
    OCCURRENCES.filter((occurrence) => stepOrNull(phase, occurrence)).map((occurrence) => `${phase} ${occurrence}`),
  );
  expect([...used].sort()).toEqual(entries.sort());
});
