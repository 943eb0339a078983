/** What a visitor of the demo tries, in this order. */
export const STEPS = ["type", "undo", "window", "publish", "cut", "simulate"] as const;
export type Step = (typeof STEPS)[number];

export interface TourState {
  readonly open: boolean;
  /** It is open, and out of the way. */
  readonly folded: boolean;
  /** What was really done, whether the tour was open or not. */
  readonly done: readonly Step[];
}

const KEY = "scheduling:tour";

/** Reads what was kept; null when the tour has never been seen here. */
function read(kept: string | null): TourState | null {
  try {
    const { open, folded, done } = JSON.parse(kept ?? "") as { open: unknown; folded: unknown; done: unknown };
    const known = Array.isArray(done) ? done : [];
    return { open: open === true, folded: folded === true, done: STEPS.filter((step) => known.includes(step)) };
  } catch {
    return null;
  }
}

type Kept = Pick<Storage, "getItem" | "setItem">;

/** Where a visitor is in the tour: kept in this browser. */
export class Tour {
  readonly #storage: Kept | null;
  readonly #listeners = new Set<() => void>();
  #state: TourState;

  /** `first`: whether it opens by itself for one who has never seen it. */
  constructor(storage: Kept | null, first: boolean) {
    this.#storage = storage;
    this.#state = read(storage?.getItem(KEY) ?? null) ?? { open: first, folded: false, done: [] };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): TourState => this.#state;

  /** Notes that a step was done; false when it was before. */
  tick(step: Step): boolean {
    const { done } = this.#state;
    if (done.includes(step)) return false;
    this.#become({ ...this.#state, done: STEPS.filter((each) => each === step || done.includes(each)) });
    return true;
  }

  readonly close = (): void => this.#become({ ...this.#state, open: false });

  readonly fold = (): void => this.#become({ ...this.#state, folded: true });

  readonly unfold = (): void => this.#become({ ...this.#state, folded: false });

  /** Opens it where it was left, or from the beginning when all of it was done. */
  readonly open = (): void => {
    const { done } = this.#state;
    this.#become({ open: true, folded: false, done: done.length === STEPS.length ? [] : done });
  };

  #become(state: TourState): void {
    this.#state = state;
    try {
      this.#storage?.setItem(KEY, JSON.stringify(state));
    } catch {
      // Full or forbidden: it holds until the page is left.
    }
    for (const listener of this.#listeners) listener();
  }
}

function storageOf(browser: Window): Storage | null {
  try {
    return browser.localStorage;
  } catch {
    return null; // Forbidden by the reader's browser.
  }
}

/** This browser's. On a phone there is no room for it beside the plan: there it opens when it is asked for. */
export const tour = new Tour(storageOf(window), window.matchMedia("(min-width: 60em)").matches);
