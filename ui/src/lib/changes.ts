// One subscription to the back end's events, handed to everybody in the page who wants them.

import { events, type Changed, type Progress, type SignIn } from "./bindings";

type Listener<T> = (value: T) => void;

/** Listeners of one kind of event. */
class Fan<T> {
  readonly #listeners = new Set<Listener<T>>();

  /** Hears every later event until the returned function is called. */
  add(listener: Listener<T>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
}

export class Changes {
  readonly #changed = new Fan<Changed>();
  readonly #progress = new Fan<Progress>();
  readonly #signIn = new Fan<SignIn>();

  /** Begins to hear the back end; call the answer to end it. */
  async listen(): Promise<() => void> {
    const ends = await Promise.all([
      events.changed.listen((event) => this.#changed.tell(event.payload)),
      events.progress.listen((event) => this.#progress.tell(event.payload)),
      events.signIn.listen((event) => this.#signIn.tell(event.payload)),
    ]);
    return () => ends.forEach((end) => end());
  }

  // Bound, so that they can be handed on.
  onChanged = (listener: Listener<Changed>): (() => void) => this.#changed.add(listener);
  onProgress = (listener: Listener<Progress>): (() => void) => this.#progress.add(listener);
  onSignIn = (listener: Listener<SignIn>): (() => void) => this.#signIn.add(listener);
}
