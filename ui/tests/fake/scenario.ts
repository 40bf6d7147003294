// A situation to look at or to test: what differs from a calm day. Each exported `Scenario` of tests/fake/scenarios/*.ts is found by its name.

import type { WorldState } from "../../src/lib/world.svelte";
import type { FakeBackend } from "./backend";

export type Scenario = {
  /** Changes the back end or the place before the window is drawn. */
  before?: (fake: FakeBackend, world: WorldState) => void | Promise<void>;
  /** Acts once it is drawn: presses, types, sends events. */
  after?: (fake: FakeBackend, world: WorldState) => void | Promise<void>;
};

/** Waits until the page holds something, at most about five seconds. */
export async function until<T>(find: () => T | null | undefined): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const found = find();
    if (found) return found;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  throw new Error(`never there: ${find}`);
}

/** Presses the first button, menu item or the like with this accessible name or text. */
export async function press(name: string): Promise<void> {
  const named = (element: HTMLElement) => element.getAttribute("aria-label") === name || element.textContent?.trim() === name;
  const element = await until(() => [...document.querySelectorAll<HTMLElement>("button, [role=menuitem], [role=menuitemradio], [role=button], a")].find(named));
  element.focus();
  element.click();
}
