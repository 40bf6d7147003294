// The table of the User Sync page.

import { until, type Scenario } from "../scenario";

const row = (index: number) => until(() => document.querySelector<HTMLElement>(`[data-row="${index}"] input`)?.closest<HTMLElement>("[data-row]"));

async function search(text: string): Promise<void> {
  await row(0);
  const field = await until(() => document.querySelector<HTMLInputElement>("[role=searchbox]"));
  field.focus();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

async function failed(): Promise<void> {
  await row(0);
  (await until(() => [...document.querySelectorAll<HTMLElement>("button[aria-pressed]")].find((chip) => chip.textContent?.includes("Failed")))).click();
}

export const selected: Scenario = {
  after: async () => {
    for (const index of [1, 3, 4]) {
      (await row(index)).querySelector("input")?.click();
    }
  },
};

export const allSelected: Scenario = {
  after: async () => {
    await failed();
    (await until(() => document.querySelector<HTMLInputElement>("[aria-label='Select everyone in the list']"))).click();
  },
};

export const nobodyMatches: Scenario = { after: () => search("zzzz") };

export const filtered: Scenario = {
  after: async () => {
    await search("ana");
    await failed();
  },
};

export const rowMenu: Scenario = {
  after: async () => (await row(2)).querySelector<HTMLElement>("[aria-label^='More for']")?.click(),
};

export const legend: Scenario = {
  after: async () => {
    await row(0);
    (await until(() => document.querySelector<HTMLElement>("[aria-label='What the four icons mean']"))).focus();
  },
};

/** People change while the list is filtered by status. */
export const outdated: Scenario = {
  after: async (fake) => {
    await failed();
    await until(() => (document.querySelector("header .count")?.textContent?.includes(" of ") ? true : null));
    const changed = fake.people.filter((person) => Object.values(person.syncs).some((sync) => sync.status === "failed")).slice(0, 12);
    for (const person of changed) {
      for (const sync of Object.values(person.syncs)) {
        if (sync.status === "failed") Object.assign(sync, { status: "pending", detail: "queued", reason: null });
      }
    }
    await fake.changed({ people: changed.map((person) => person.id) });
  },
};

/** The first list takes its time. */
export const listing: Scenario = { before: (fake) => void fake.hold("list_people") };

/** The keyboard is on a button that only explains itself. */
export const explained: Scenario = {
  after: async () => {
    await row(0);
    (await until(() => document.querySelector<HTMLElement>("[data-row] [aria-disabled]"))).focus();
  },
};
