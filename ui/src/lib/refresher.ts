// Reads something anew as often as it is told, but never twice at once: what is told meanwhile is one more reading afterwards.

export class Refresher {
  #running: Promise<void> | null = null;
  #again = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #quiet: ReturnType<typeof setTimeout> | null = null;
  #ended = -Infinity;

  /** `pause`: so many milliseconds at least stand between two readings that nobody waits for. */
  constructor(
    private readonly read: () => Promise<void>,
    private readonly pause = 0,
  ) {}

  /** Ends when what was true at the call has been read. */
  run(): Promise<void> {
    if (this.#running !== null) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#loop().finally(() => {
      this.#running = null;
      this.#ended = Date.now();
    });
    return this.#running;
  }

  /** The same for news that come many times a second: the first is read at once, those after it together. */
  soon(): void {
    if (this.#timer !== null) return;
    const rest = this.#running !== null ? this.pause : this.#ended + this.pause - Date.now();
    if (rest <= 0) {
      void this.run();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.run();
    }, rest);
  }

  /** Reads once nothing more was told for the length of the pause: what stops telling may have begun to wait. */
  whenQuiet(): void {
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => {
      this.#quiet = null;
      void this.run();
    }, this.pause);
  }

  async #loop(): Promise<void> {
    do {
      this.#again = false;
      await this.read();
    } while (this.#again);
  }
}
