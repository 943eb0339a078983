/** Counts who holds something, and lets it go once nobody has held it for `linger` milliseconds. */
export class Holders {
  readonly #linger: number;
  readonly #letGo: () => void;
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(linger: number, letGo: () => void) {
    this.#linger = linger;
    this.#letGo = letGo;
  }

  /** `first` is called if nobody holds it, though it may linger. Returns the release, which may be called once or more. */
  add(first: () => void): () => void {
    clearTimeout(this.#timer);
    this.#count += 1;
    if (this.#count === 1) first();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#count -= 1;
      if (this.#count === 0) this.#timer = setTimeout(this.#letGo, this.#linger);
    };
  }
}
