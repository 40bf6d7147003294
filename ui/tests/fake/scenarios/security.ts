// The Security page in its situations.

import { press, type Scenario } from "../scenario";

/** The key is gone from the keychain. */
export const keyLost: Scenario = {
  before: (fake) => {
    fake.security = { ...fake.security, entries: fake.security.entries.filter((name) => name !== "grants/key"), key: { state: "lost", grants: 214, people: 198, since: "2026-11-20T08:12:00Z" } };
  },
};

export const askingAgain: Scenario = { ...keyLost, after: () => press("Ask the 198 people again…") };

/** The keychain cannot be asked, which says nothing about what is in it. */
export const keychainLocked: Scenario = {
  before: (fake) => {
    fake.security = { ...fake.security, entries: [], entries_problem: "The keychain is locked. Unlock it, then try again.", key: null };
    fake.refuse("grant_key");
  },
};

export const keyRenewed: Scenario = { after: () => press("Renew the key") };

export const disconnectingAll: Scenario = { after: () => press("Disconnect all platforms…") };

/** One platform could not be reached, another keeps something. */
export const disconnectedAll: Scenario = {
  before: (fake) => {
    fake.on("disconnect", (args) => {
      const platform = String(args["platform"]);
      if (platform === "teams") throw { kind: "storage", platform, message: "The database cannot be written to.", remedy: "Make room on the disk, then try again.", act: null };
      const left = platform === "webex" ? [{ what: "The token of the Service App", why: "Webex offers no way to end it from here.", link: "https://developer.webex.com/my-apps" }] : [];
      return { platform, syncs: {}, grants: 0, gone: ["The sign-in of usersync@example.com"], left };
    });
  },
  after: async () => {
    await press("Disconnect all platforms…");
    await press("Disconnect all");
  },
};
