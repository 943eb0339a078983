/** Sets of handlers that cannot harm one another. */

/** Takes what went wrong in the application's or the server's code; `where` says at which place. */
export type Report = (error: unknown, where: string) => void;

/**
 * Calls each member of `handlers` that was there at the start and has not been removed meanwhile. What one throws, or rejects
 * with, is reported, and the others run.
 */
export function runEach<H extends object>(
  handlers: ReadonlySet<H>,
  call: (handler: H) => unknown,
  report: Report,
  where: string,
): void {
  for (const handler of [...handlers]) {
    if (!handlers.has(handler)) continue;
    try {
      const result = call(handler);
      if (result instanceof Promise) result.catch((error: unknown) => report(error, where));
    } catch (error) {
      report(error, where);
    }
  }
}

/** A set of handlers for each name; names without handlers are not kept. */
export class HandlerSets<H extends object> {
  readonly #sets = new Map<string, Set<H>>();

  add(name: string, handler: H): void {
    const set = this.#sets.get(name) ?? new Set();
    this.#sets.set(name, set.add(handler));
  }

  delete(name: string, handler: H): void {
    const set = this.#sets.get(name);
    if (set?.delete(handler) && set.size === 0) this.#sets.delete(name);
  }

  get(name: string): ReadonlySet<H> | undefined {
    return this.#sets.get(name);
  }
}
