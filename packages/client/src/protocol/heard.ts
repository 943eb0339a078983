/** What handlers that name no channel have heard: protocol.md, end of section 7. */

/** Bounded memory of ids and keys; the oldest are forgotten first. */
export class Heard {
  readonly #ids = new Map<string, null>();
  readonly #versions = new Map<string, number>();
  readonly #limit: number;

  constructor(limit = 1_000) {
    this.#limit = limit;
  }

  /** Notes the event. False if its id, or its key at the same or a higher version, was noted before. */
  note(event: { readonly id: string; readonly key?: string; readonly version?: number }): boolean {
    if (this.#ids.has(event.id)) return false;
    this.#remember(this.#ids, event.id, null);
    const { key, version } = event;
    if (key === undefined || version === undefined) return true;
    if ((this.#versions.get(key) ?? -1) >= version) return false;
    this.#remember(this.#versions, key, version);
    return true;
  }

  /** After a reset the log may be another, whose versions are lower. */
  forgetKeys(): void {
    this.#versions.clear();
  }

  #remember<V>(memory: Map<string, V>, key: string, value: V): void {
    memory.delete(key);
    memory.set(key, value);
    if (memory.size > this.#limit) memory.delete(memory.keys().next().value as string);
  }
}
