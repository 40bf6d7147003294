// The Platforms page in its situations.

import type { RunView } from "../../../src/lib/bindings";
import { type FakeBackend, minutesAgo, network } from "../backend";
import { press, until, type Scenario } from "../scenario";

export function importRun(changes: Partial<RunView> = {}): RunView {
  return {
    id: "import-1",
    kind: "import",
    platform: null,
    state: "done",
    started_at: minutesAgo(127),
    ended_at: minutesAgo(125),
    done: 8312,
    total: null,
    counts: { accounts: 8312, new: 12, changed: 3, gone: 1 },
    problem: null,
    ...changes,
  };
}

function cardOf(fake: FakeBackend, platform: string) {
  const card = fake.cards.find((card) => card.platform === platform);
  if (card?.connection == null) throw new Error(`${platform} is not connected in this scenario`);
  return { ...card, connection: card.connection };
}

function replace(fake: FakeBackend, platform: string, change: (card: ReturnType<typeof cardOf>) => void): void {
  const card = structuredClone(cardOf(fake, platform));
  change(card);
  fake.cards = fake.cards.map((known) => (known.platform === platform ? card : known));
}

const conflict = { id: "conflict-1", addresses: ["bo.ampelwerk@example.com"], accounts: [] };

/** A calm day. */
export const imported: Scenario = {
  before: (fake) => {
    fake.runs = [importRun()];
    fake.conflicts = [conflict, { ...conflict, id: "conflict-2" }];
  },
};

/** One of everything that can be wrong. */
export const unwell: Scenario = {
  before: (fake) => {
    fake.runs = [importRun({ platform: "webex", state: "cancelled", done: 1200, counts: { accounts: 1200 } })];
    replace(fake, "slack", (card) => {
      card.connection.missing_scopes = [
        { slot: "bot", scope: "chat:write", reason: "Sends the messages that you confirm." },
        { slot: "admin", scope: "users:read.email", reason: "Reads the addresses by which people are matched." },
      ];
    });
    replace(fake, "teams", (card) => {
      card.connection.signed_out = true;
      card.health.state = "signed_out";
      card.health.last_failure = {
        kind: "signed_out",
        message: "Microsoft Teams no longer accepts the sign-in of usersync@example.com.",
        remedy: "Sign in again; syncs go on by themselves.",
        act: { act: "connect", platform: "teams" },
      };
    });
    replace(fake, "webex", (card) => {
      card.health.state = "throttled";
      card.health.throttled_until = minutesAgo(-14);
      card.health.token_expires = minutesAgo(-60 * 24 * 6);
      card.import = { run: null, accounts: 1200, unfinished: true };
      card.connection.teams = ["team-1", "team-2"];
    });
    fake.cards = fake.cards.map((card) =>
      card.platform === "zoom" ? { ...card, connection: null, health: { ...card.health, state: "not_connected" } } : card,
    );
  },
};

/** An import of all platforms goes on. */
export const importing: Scenario = {
  before: (fake) => {
    fake.runs = [importRun({ state: "running", ended_at: null, counts: {} })];
    for (const [platform, accounts] of [["slack", 3400], ["teams", 12_850], ["webex", 200]] as const) {
      replace(fake, platform, (card) => (card.import = { run: "import-1", accounts, unfinished: false }));
    }
  },
};

/** The page could not be read. */
export const platformsUnread: Scenario = { before: (fake) => void fake.refuse("platforms") };

/** Details of a platform are open. */
export const platformDetails: Scenario = {
  ...imported,
  after: async () => press("Details of Slack"),
};

const notConnected: Scenario = {
  before: (fake) => {
    fake.cards = fake.cards.map((card) => 
      card.platform === "webex" || card.platform === "slack" ? { ...card, connection: null, health: { ...card.health, state: "not_connected" } } : card,
    );
    fake.hold("connect");
  },
};

/** What connecting asks for. */
export const connectAsks: Scenario = { ...notConnected, after: () => press("Connect Slack") };

async function fill(name: string, value: string): Promise<void> {
  const field = await until(() => document.querySelector<HTMLInputElement>(`input[name="${name}"]`));
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The button at the foot of the dialog; the page behind has buttons of the same name. */
async function submit(): Promise<void> {
  (await until(() => document.querySelector<HTMLButtonElement>("dialog button[type=submit]"))).click();
}

async function openFields(): Promise<void> {
  await press("Connect Webex");
  await press("Continue");
}

/** Required fields were left empty. */
export const connectMissing: Scenario = {
  ...notConnected,
  after: async () => {
    await openFields();
    await fill("client_id", "C0ffee");
    await submit();
  },
};

/** The sign-in was refused; what was entered is still there. */
export const connectRefused: Scenario = {
  before: (fake) => {
    void notConnected.before?.(fake, undefined as never);
    fake.refuse("connect", { ...network, platform: "webex", message: "Webex did not answer.", remedy: "Check the network of this computer, then connect again." });
  },
  after: async () => {
    await openFields();
    await fill("client_id", "C0ffee");
    await fill("client_secret", "made up");
    await submit();
  },
};

/** The browser is open. */
export const connectBrowser: Scenario = {
  ...notConnected,
  after: async (fake) => {
    await openFields();
    await fill("client_id", "C0ffee");
    await fill("client_secret", "made up");
    await submit();
    await until(() => (fake.callsOf("connect").length > 0 ? true : null));
    await fake.signIn({
      platform: "webex",
      step: { step: "open_browser", url: "https://webexapis.example.com/v1/authorize?client_id=C0ffee&redirect_uri=http%3A%2F%2Flocalhost%3A43117%2Fwebex" },
    });
    await fake.signIn({
      platform: "webex",
      step: { step: "skipped", slot: "service_app", message: "No Service App was entered. People without Webex cannot be represented there until one is." },
    });
  },
};

/** Signed in. */
export const connectDone: Scenario = {
  before: (fake) => {
    const cards = fake.cards;
    void notConnected.before?.(fake, undefined as never);
    fake.on("connect", () => {
      fake.cards = cards;
    });
  },
  after: async () => {
    await openFields();
    await fill("client_id", "C0ffee");
    await fill("client_secret", "made up");
    await submit();
  },
};

async function menu(platform: string, entry: string): Promise<void> {
  await press(`More actions for ${platform}`);
  await press(entry);
}

export const platformMenu: Scenario = { ...imported, after: () => press("More actions for Webex") };
export const chooseTeams: Scenario = { ...imported, after: () => menu("Webex", "Choose teams…") };
export const answerQuestions: Scenario = { ...imported, after: () => menu("Slack", "Questions about signing in…") };
export const disconnecting: Scenario = { ...imported, after: () => menu("Webex", "Disconnect…") };
