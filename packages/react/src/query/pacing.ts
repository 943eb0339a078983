/** When queries are fetched again. */

/** Milliseconds in which several reasons to fetch again become one fetch. */
export const BURST = 250;
/** After a reset: at most so many milliseconds, lest all pages ask at once. */
export const JITTER = 2_000;
