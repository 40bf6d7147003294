// Reads something anew as often as it is told, but never twice at once: what is told meanwhile is one more reading afterwards.

export class Refresher {
  #running: Promise<void> | null = null;
  #again = false;

  constructor(private readonly read: () => Promise<void>) {}

  /** Ends when what was true at the call has been read. */
  run(): Promise<void> {
    if (this.#running !== null) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#loop().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #loop(): Promise<void> {
    do {
      this.#again = false;
      await this.read();
    } while (this.#again);
  }
}
