/**
 * The phases of a live query, as a table: what its rows are worth, and what is under way. What each task does: `./live-query.ts`.
 *
 * Three laws. Rows become whole only by a fetch that began with all channels entered, and during which none was left or reset.
 * What only a fetch can tell is asked of one that begins later. A fetch that was given up counts as none.
 */

/**
 * The rows may lack what will not come:
 * - `behind`: until somebody looks, or the channels are entered. `waiting`: until a wait is over, and then a fetch begins.
 * - `early`: a fetch is under way that cannot make them whole. `catching-up`: one that can.
 *
 * They are what the database holds, but for what only a fetch can tell:
 * - `whole`: there is no such thing. `due`: there is, and it is asked for when a wait is over. `refreshing`: a fetch is under way.
 *
 * `…-again`: since the fetch began something was heard that only another one can tell.
 */
export type Phase =
  | "behind"
  | "waiting"
  | "early"
  | "early-again"
  | "catching-up"
  | "catching-up-again"
  | "whole"
  | "due"
  | "refreshing"
  | "refreshing-again";

/**
 * - `hinted`: something was heard that only a fetch can tell. `reset`: events were missed.
 * - `left`: a channel is not followed any more, or others are. `entered`: all are read from a position, and somebody looks.
 *   `seen`: somebody looks, and it is known that not all can be entered now.
 * - `began`: a fetch, also when it is tried again, with all channels entered; `began-early`: without.
 * - `landed`: a fetch, or one that somebody else began. `failed`: it threw, and may be tried again. `spent`: it is not tried again.
 *   `cancelled`: by whoever asked for it. Both may befall a fetch that never began: it waited for a network.
 * - `rang`: a wait is over; `unseen`: and nobody looks. `restored`: the rows are those of the positions that the channels go on from.
 */
export type Occurrence =
  | "hinted"
  | "reset"
  | "left"
  | "entered"
  | "seen"
  | "began"
  | "began-early"
  | "landed"
  | "failed"
  | "spent"
  | "cancelled"
  | "rang"
  | "unseen"
  | "restored";

/**
 * - `burst`: wait for what comes with it, unless a wait runs. `jitter`: wait by chance from now, unless such a wait runs. `stop`: end the wait.
 * - `fetch`: unless a fetch is under way. `fetch-anew`: in place of the one that is.
 */
export type Task = "burst" | "jitter" | "stop" | "fetch" | "fetch-anew";

/** The next phase, if it is another, and what is to be done. */
type Step = readonly [Phase?, Task?];

type Row = Partial<Record<Occurrence, Step>>;

const STAYS: Step = [];

/** While no fetch is under way that began after what was missed. */
const MISSING: Row = {
  reset: ["waiting", "jitter"],
  began: ["catching-up"],
  "began-early": ["early"],
  landed: ["behind"],
  spent: ["behind"],
  cancelled: ["waiting", "burst"],
};
/** While a fetch is to be followed by another. */
const AGAIN: Row = { ...MISSING, landed: ["due", "burst"], spent: ["waiting", "burst"] };
const REFRESHING: Row = { ...MISSING, began: ["refreshing"] };

/** What has no entry cannot happen: nothing lands or fails that did not begin, nothing rings that was not wound up. */
const STEPS: Readonly<Record<Phase, Row>> = {
  behind: {
    ...MISSING,
    hinted: ["waiting", "burst"],
    left: STAYS,
    entered: ["behind", "fetch-anew"],
    seen: ["behind", "fetch"],
    failed: STAYS,
    restored: ["whole"],
  },
  waiting: {
    hinted: STAYS,
    reset: ["waiting", "jitter"],
    left: ["behind", "stop"],
    entered: STAYS,
    seen: STAYS,
    began: ["catching-up", "stop"],
    "began-early": ["early", "stop"],
    landed: STAYS,
    failed: STAYS,
    spent: STAYS,
    cancelled: STAYS,
    rang: ["behind", "fetch-anew"],
    unseen: ["behind"],
  },
  early: {
    ...MISSING,
    hinted: ["early-again"],
    left: STAYS,
    entered: ["early", "fetch-anew"],
    seen: STAYS,
    failed: STAYS,
  },
  "early-again": {
    ...AGAIN,
    hinted: STAYS,
    left: STAYS,
    entered: ["early-again", "fetch-anew"],
    seen: STAYS,
    landed: ["waiting", "burst"],
    failed: STAYS,
  },
  "catching-up": {
    ...MISSING,
    hinted: ["catching-up-again"],
    left: ["early"],
    entered: STAYS,
    seen: STAYS,
    landed: ["whole"],
    failed: STAYS,
  },
  "catching-up-again": {
    ...AGAIN,
    hinted: STAYS,
    left: ["early-again"],
    entered: STAYS,
    seen: STAYS,
    failed: STAYS,
  },
  whole: {
    ...REFRESHING,
    hinted: ["due", "burst"],
    left: ["behind"],
    entered: STAYS,
    seen: STAYS,
    spent: STAYS,
  },
  due: {
    ...REFRESHING,
    hinted: ["due", "burst"],
    left: ["behind", "stop"],
    entered: STAYS,
    seen: STAYS,
    began: ["refreshing", "stop"],
    "began-early": ["early", "stop"],
    landed: ["behind", "stop"],
    spent: ["due", "burst"],
    rang: ["due", "fetch"],
    unseen: ["behind"],
  },
  refreshing: {
    ...REFRESHING,
    hinted: ["refreshing-again"],
    left: ["early"],
    entered: STAYS,
    seen: STAYS,
    landed: ["whole"],
    failed: ["catching-up"],
  },
  "refreshing-again": {
    ...AGAIN,
    hinted: STAYS,
    left: ["early-again"],
    entered: STAYS,
    seen: STAYS,
    began: ["refreshing"],
    failed: ["catching-up-again"],
  },
};

/** The phase after `occurrence`, and what is to be done. Throws where it cannot happen. */
export function step(phase: Phase, occurrence: Occurrence): readonly [Phase, Task | undefined] {
  const found = STEPS[phase][occurrence];
  if (!found) throw new Error(`${occurrence} while ${phase}`);
  return [found[0] ?? phase, found[1]];
}

/** Whether events alone keep the rows equal to the database. */
export function isWhole(phase: Phase): boolean {
  return phase === "whole" || phase === "due" || phase.startsWith("refreshing");
}
