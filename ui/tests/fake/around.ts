// Test support: the page around a confirmation, and a moment for promises to settle.

import { onTestFinished } from "vitest";
import { FakeBackend } from "./backend";
import { sheetOf } from "./dialogs";
import type { Surroundings } from "../../src/lib/confirm/confirmation.svelte";

/** Everything that is waiting has gone on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

export function around(): Surroundings & { said: string[]; closed: number } {
  const page = {
    said: [] as string[],
    closed: 0,
    sheet: (platform: string) => sheetOf(platform),
    senderOf: () => "usersync@example.com",
    close: () => {
      page.closed += 1;
    },
    announce: (text: string) => {
      page.said.push(text);
    },
  };
  return page;
}

export function installed(fake: FakeBackend = new FakeBackend({ people: 12 })): FakeBackend {
  fake.install();
  onTestFinished(() => fake.uninstall());
  return fake;
}
