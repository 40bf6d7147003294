// The Settings page in its situations.

import { press, type Scenario, until } from "../scenario";

async function enter(label: string, text: string): Promise<void> {
  const field = await until(() => document.querySelector<HTMLInputElement>(`input[aria-label='${label}']`));
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Entered wrong, and taken off. */
export const limitsWrong: Scenario = {
  after: async () => {
    await enter("Prompts: at most so many in one run", "five hundred");
    await enter("Resets: at most this share in one run, in percent", "120");
    (await until(() => document.querySelector<HTMLInputElement>("input[aria-label='Limit for removals']"))).click();
  },
};

export const limitsSaved: Scenario = {
  after: async () => {
    await enter("Prompts: at most so many in one run", "40");
    await press("Save limits");
  },
};
