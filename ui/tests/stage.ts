// Puts a component on a stage: fake back end, opened world, tooltip, live region; and looks for faults of accessibility.

import { render, type RenderResult } from "@testing-library/svelte";
import axe from "axe-core";
import type { Component } from "svelte";
import { expect, onTestFinished } from "vitest";
import { WorldState } from "../src/lib/world.svelte";
import { FakeBackend } from "./fake/backend";
import Stage from "./Stage.svelte";

export type Staged = { fake: FakeBackend; world: WorldState; view: RenderResult<never> };

/** An opened world over a fake back end; both are put away when the test ends. */
export async function openWorld(fake: FakeBackend = new FakeBackend()): Promise<{ fake: FakeBackend; world: WorldState }> {
  fake.install();
  const world = new WorldState();
  const end = await world.start();
  onTestFinished(() => {
    end();
    fake.uninstall();
  });
  return { fake, world };
}

export async function stage<Props extends Record<string, unknown>>(component: Component<Props>, props: Props, fake?: FakeBackend): Promise<Staged> {
  const opened = await openWorld(fake);
  const view = render(Stage as never, { props: { world: opened.world, component, props } } as never) as RenderResult<never>;
  return { ...opened, view };
}

/** axe-core finds nothing; colours and sizes are left to the real window, for jsdom paints nothing. */
export async function expectAccessible(element: Element = document.body): Promise<void> {
  const { violations } = await axe.run(element, { rules: { "color-contrast": { enabled: false }, region: { enabled: false }, "page-has-heading-one": { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
}
