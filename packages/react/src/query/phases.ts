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

type Step = readonly [Phase, Task?];

/** What has no entry cannot happen: nothing lands or fails that did not begin, nothing rings that was not wound up. */
const STEPS: Readonly<Record<Phase, Partial<Record<Occurrence, Step>>>> = {
  behind: {
    hinted: ["waiting", "burst"],
    reset: ["waiting", "jitter"],
    left: ["behind"],
    entered: ["behind", "fetch-anew"],
    seen: ["behind", "fetch"],
    began: ["catching-up"],
    "began-early": ["early"],
    landed: ["behind"],
    failed: ["behind"],
    spent: ["behind"],
    cancelled: ["waiting", "burst"],
    restored: ["whole"],
  },
  waiting: {
    hinted: ["waiting"],
    reset: ["waiting", "jitter"],
    left: ["behind", "stop"],
    entered: ["waiting"],
    seen: ["waiting"],
    began: ["catching-up", "stop"],
    "began-early": ["early", "stop"],
    landed: ["waiting"],
    failed: ["waiting"],
    spent: ["waiting"],
    cancelled: ["waiting"],
    rang: ["behind", "fetch-anew"],
    unseen: ["behind"],
  },
  early: {
    hinted: ["early-again"],
    reset: ["waiting", "jitter"],
    left: ["early"],
    entered: ["early", "fetch-anew"],
    seen: ["early"],
    began: ["catching-up"],
    "began-early": ["early"],
    landed: ["behind"],
    failed: ["early"],
    spent: ["behind"],
    cancelled: ["waiting", "burst"],
  },
  "early-again": {
    hinted: ["early-again"],
    reset: ["waiting", "jitter"],
    left: ["early-again"],
    entered: ["early-again", "fetch-anew"],
    seen: ["early-again"],
    began: ["catching-up"],
    "began-early": ["early"],
    landed: ["waiting", "burst"],
    failed: ["early-again"],
    spent: ["waiting", "burst"],
    cancelled: ["waiting", "burst"],
  },
  "catching-up": {
    hinted: ["catching-up-again"],
    reset: ["waiting", "jitter"],
    left: ["early"],
    entered: ["catching-up"],
    seen: ["catching-up"],
    began: ["catching-up"],
    "began-early": ["early"],
    landed: ["whole"],
    failed: ["catching-up"],
    spent: ["behind"],
    cancelled: ["waiting", "burst"],
  },
  "catching-up-again": {
    hinted: ["catching-up-again"],
    reset: ["waiting", "jitter"],
    left: ["early-again"],
    entered: ["catching-up-again"],
    seen: ["catching-up-again"],
    began: ["catching-up"],
    "began-early": ["early"],
    landed: ["due", "burst"],
    failed: ["catching-up-again"],
    spent: ["waiting", "burst"],
    cancelled: ["waiting", "burst"],
  },
  whole: {
    hinted: ["due", "burst"],
    reset: ["waiting", "jitter"],
    left: ["behind"],
    entered: ["whole"],
    seen: ["whole"],
    began: ["refreshing"],
    "began-early": ["early"],
    landed: ["behind"],
    spent: ["whole"],
    cancelled: ["waiting", "burst"],
  },
  due: {
    hinted: ["due", "burst"],
    reset: ["waiting", "jitter"],
    left: ["behind", "stop"],
    entered: ["due"],
    seen: ["due"],
    began: ["refreshing", "stop"],
    "began-early": ["early", "stop"],
    landed: ["behind", "stop"],
    spent: ["due", "burst"],
    cancelled: ["waiting", "burst"],
    rang: ["due", "fetch"],
    unseen: ["behind"],
  },
  refreshing: {
    hinted: ["refreshing-again"],
    reset: ["waiting", "jitter"],
    left: ["early"],
    entered: ["refreshing"],
    seen: ["refreshing"],
    began: ["refreshing"],
    "began-early": ["early"],
    landed: ["whole"],
    failed: ["catching-up"],
    spent: ["behind"],
    cancelled: ["waiting", "burst"],
  },
  "refreshing-again": {
    hinted: ["refreshing-again"],
    reset: ["waiting", "jitter"],
    left: ["early-again"],
    entered: ["refreshing-again"],
    seen: ["refreshing-again"],
    began: ["refreshing"],
    "began-early": ["early"],
    landed: ["due", "burst"],
    failed: ["catching-up-again"],
    spent: ["waiting", "burst"],
    cancelled: ["waiting", "burst"],
  },
};

const WHOLE: ReadonlySet<Phase> = new Set(["whole", "due", "refreshing", "refreshing-again"]);

/** The phase after `occurrence`, and what is to be done. Throws where it cannot happen. */
export function step(phase: Phase, occurrence: Occurrence): Step {
  const found = STEPS[phase][occurrence];
  if (!found) throw new Error(`a live query that is ${phase} cannot be ${occurrence}`);
  return found;
}

/** Whether events alone keep the rows equal to the database. */
export function isWhole(phase: Phase): boolean {
  return WHOLE.has(phase);
}
