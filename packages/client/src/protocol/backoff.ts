/** Full-jitter backoff: each wait is uniform between nothing and a ceiling that doubles. */

export const FIRST_CEILING = 1_000;
export const LAST_CEILING = 30_000;
/** How long a connection stands before it counts as stable and the ceiling starts over. */
export const STABLE_AFTER = 5_000;

/** Milliseconds to wait before retry number `attempt`, from 0. `random` gives [0, 1). */
export function backoff(attempt: number, random: () => number): number {
  return random() * Math.min(LAST_CEILING, FIRST_CEILING * 2 ** attempt);
}
