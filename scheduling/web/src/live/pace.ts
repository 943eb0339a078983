/** How often what is heard is drawn: changes that come thick are drawn together, and the page has time for its reader in between. */

/** The page rests so many times as long as it has drawn, and at most so many milliseconds. */
const REST = 2;
const LONGEST = 100;

/**
 * Calls back what it is given, in order: at once when the page has rested, else together with what comes until then. For TanStack
 * Query's `notifyManager.setScheduler`: what is cached is new at once, and only its drawing waits.
 */
export function paced(now: () => number = () => performance.now()): (call: () => void) => void {
  let waiting: (() => void)[] = [];
  let busy = false;
  const draw = () => {
    const calls = waiting;
    waiting = [];
    busy = calls.length > 0;
    if (!busy) return;
    const began = now();
    for (const call of calls) run(call);
    // By the next task React has drawn it.
    setTimeout(() => setTimeout(draw, Math.min(LONGEST, (now() - began) * REST)));
  };
  return (call) => {
    waiting.push(call);
    if (busy) return;
    busy = true;
    setTimeout(draw);
  };
}

/** What one throws does not keep the others from being called. */
function run(call: () => void): void {
  try {
    call();
  } catch (error) {
    reportError(error);
  }
}
