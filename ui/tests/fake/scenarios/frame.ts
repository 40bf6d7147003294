// The window around the pages.

import { minutesAgo } from "../backend";
import { runView } from "../runs";
import { until, type Scenario } from "../scenario";

export const offline: Scenario = {
  before: (fake) => {
    for (const card of fake.cards) card.health = { ...card.health, state: "unreachable", offline: true };
  },
};

export const troubled: Scenario = {
  before: (fake) => {
    const states = ["well", "throttled", "signed_out", "unreachable"] as const;
    fake.cards.forEach((card, index) => {
      const state = states[index % states.length] ?? "well";
      card.health = { ...card.health, state };
      if (state === "signed_out") card.waiting = 4812;
    });
  },
};

export const working: Scenario = {
  before: (fake) => {
    fake.runs = [
      runView({ id: "run-1", started_at: minutesAgo(3), done: 1820 }),
      runView({ id: "run-2", kind: "import", platform: "slack", started_at: minutesAgo(1), done: 300, total: null }),
    ];
  },
  after: async (fake) => {
    await until(() => document.querySelector("main"));
    await fake.progress({ run: "run-1", kind: "sync", platform: "webex", done: 1834, total: 5000, seconds_left: 312, ended: false });
  },
};

export const refused: Scenario = {
  before: (fake) => {
    fake.startup = {
      state: "failed",
      folder: "/home/ana/.local/share/user-sync",
      problem: {
        kind: "keychain",
        platform: null,
        message: "This computer's keychain is locked.",
        remedy: "Unlock it (it asks for your sign-in password), then try again. Nothing has been changed.",
        act: null,
      },
    };
  },
};
