/** Full-jitter backoff: each wait is uniform between nothing and a ceiling, for a lost connection the outage so far. */

export const LOWEST_CEILING = 1_000;
export const HIGHEST_CEILING = 30_000;
/** How long a connection stands before it counts as stable, and the outage as over. */
export const STABLE_AFTER = 5_000;

/** Milliseconds to wait, below `ceiling` milliseconds, which count as at least 1 s and at most 30 s. `random` gives [0, 1). */
export function backoff(ceiling: number, random: () => number): number {
  return random() * Math.min(Math.max(ceiling, LOWEST_CEILING), HIGHEST_CEILING);
}
