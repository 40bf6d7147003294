// The page Platforms on its stage, and how its tests press what stands there.

import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { onTestFinished, vi } from "vitest";

import { FakeBackend, TODAY } from "../../../tests/fake/backend";
import type { Scenario } from "../../../tests/fake/scenario";
import { stage, type Staged } from "../../../tests/stage";
import PlatformsPage from "./PlatformsPage.svelte";

export async function open(scenario: Scenario, fake = new FakeBackend({ people: 20 })): Promise<Staged> {
  vi.spyOn(Date, "now").mockReturnValue(TODAY);
  onTestFinished(() => void vi.restoreAllMocks());
  await scenario.before?.(fake, undefined as never);
  const staged = await stage(PlatformsPage, {}, fake);
  await screen.findByRole("heading", { name: "Slack" });
  return staged;
}

export const row = (name: string): HTMLElement => screen.getByRole("listitem", { name });
export const dialog = (): HTMLElement => screen.getByRole("dialog", { hidden: true });
export const inDialog = (name: string | RegExp): HTMLElement => within(dialog()).getByRole("button", { name, hidden: true });

export async function choose(platform: string, entry: string): Promise<void> {
  await userEvent.click(screen.getByRole("button", { name: `More actions for ${platform}` }));
  await userEvent.click(await screen.findByRole("menuitem", { name: entry, hidden: true }));
}
