// The present moment for "3 minutes ago", renewed twice a minute while somebody reads it.

import { createSubscriber } from "svelte/reactivity";

const STEP = 30_000;

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, STEP);
  return () => clearInterval(timer);
});

/** Milliseconds since 1970; in a component or a `$derived` it is read anew as time goes on. */
export function now(): number {
  subscribe();
  return Date.now();
}
