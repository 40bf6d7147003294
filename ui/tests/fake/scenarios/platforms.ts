// The Platforms page in its situations.

import { type FakeBackend, minutesAgo, network } from "../backend";
import { importRun } from "../runs";
import { press, until, type Scenario } from "../scenario";

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
        { slot: "bot", scope: "chat:write", reason: "Sends the messages that you confirm.", without: "Nobody can be prompted." },
        { slot: "admin", scope: "users:read.email", reason: "Reads the addresses by which people are matched.", without: "People are not matched by address." },
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
      card.health.sign_in_ends = minutesAgo(-60 * 24 * 6);
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

/** What connecting begins with. */
export const connectBegin: Scenario = { ...notConnected, after: () => press("Connect Webex") };

async function fill(name: string, value: string): Promise<void> {
  const field = await until(() => document.querySelector<HTMLInputElement>(`input[name="${name}"]`));
  field.focus();
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.blur();
}

/** The button at the foot of the dialog; the page behind has buttons of the same name. */
async function submit(): Promise<void> {
  (await until(() => document.querySelector<HTMLButtonElement>("dialog button[type=submit]:not([aria-busy])"))).click();
}

/** The step with this title is there. */
const step = (title: string) => until(() => [...document.querySelectorAll("dialog h3")].find((heading) => heading.textContent === title));

/** Says something different of each field, as the platforms do. */
function checking(fake: FakeBackend): void {
  fake.on("check_field", (args) => {
    const [field, fields] = [String(args["field"]), (args["fields"] ?? {}) as { [field in string]: string }];
    const checked = { field, state: "looks", says: "", waits_for: [] as string[], missing: [] as unknown[] };
    const lacks = ["client_id", "client_secret"].find((one) => !fields[one]);
    if (field.startsWith("client_") && lacks) return { ...checked, state: "waits", waits_for: [lacks] };
    if (fields["client_secret"] === "wrong") throw wrongSecret;
    if (field === "service_app_token") return { ...checked, state: "proven", says: "Service App “User Sync” of Example Works.", missing: [{ slot: "service_app", scope: "guest-issuer:write", reason: "", without: "no guest can be made." }] };
    return { ...checked, state: "proven", says: "Webex knows this integration." };
  });
}

const wrongSecret = { kind: "invalid", platform: "webex", message: "Webex does not know this client secret.", remedy: "Copy it once more from the integration’s page, or have a new one made there.", act: null };

async function openFirst(): Promise<void> {
  await press("Connect Webex");
  await step("What you need");
  await submit();
  await step("Create the integration");
}

/** The first part with a page, texts to copy, permissions and fields. */
export const connectPart: Scenario = { before: (fake) => { void notConnected.before?.(fake, undefined as never); checking(fake); }, after: openFirst };

async function entered(secret = "made up"): Promise<void> {
  await openFirst();
  await fill("client_id", "C0ffee");
  await fill("client_secret", secret);
}

/** Fields that were checked together. */
export const connectChecked: Scenario = { ...connectPart, after: async () => { await entered(); document.querySelector("dialog input[name=client_secret]")?.scrollIntoView({ block: "end" }); } };

/** One was refused. */
export const connectWrong: Scenario = { ...connectPart, after: () => entered("wrong") };

/** One waits for the other. */
export const connectWaits: Scenario = {
  ...connectPart,
  after: async () => {
    await openFirst();
    await fill("client_id", "C0ffee");
  },
};

/** Required fields were left empty. */
export const connectMissing: Scenario = {
  ...connectPart,
  after: async () => {
    await openFirst();
    await fill("client_id", "C0ffee");
    await submit();
  },
};

/** A part that may be skipped, half done. */
export const connectOptional: Scenario = {
  ...connectPart,
  after: async () => {
    await entered();
    await submit();
    await step("Create the Service App");
    await fill("service_app_token", "made up");
  },
};

async function toReview(): Promise<void> {
  await entered();
  await submit();
  await step("Create the Service App");
  await submit();
  await step("Review and sign in");
}

export const connectReview: Scenario = { ...connectPart, after: toReview };

/** The sign-in was refused; what was entered is still there. */
export const connectRefused: Scenario = {
  before: (fake) => {
    void notConnected.before?.(fake, undefined as never);
    fake.refuse("connect", { ...network, platform: "webex", message: "Webex did not answer.", remedy: "Check the network of this computer, then connect again." });
  },
  after: async () => {
    await toReview();
    await submit();
  },
};

/** The browser is open. */
export const connectBrowser: Scenario = {
  ...notConnected,
  after: async (fake) => {
    await toReview();
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
    await toReview();
    await submit();
  },
};

/** Signing in again: everything is known. */
export const signInAgain: Scenario = { ...imported, after: () => menu("Webex", "Sign in again…") };

/** What was entered is to be changed; a secret is kept. */
export const changeCredentials: Scenario = {
  ...imported,
  after: async () => {
    await menu("Webex", "Change credentials…");
    await step("What you need");
    await submit();
  },
};

/** What a tenant's own rules will refuse, a sign-in that nears its end, another cloud, a permission left out. */
export const advised: Scenario = {
  before: (fake) => {
    fake.runs = [importRun()];
    replace(fake, "teams", (card) => {
      card.connection.cloud = "GCC High";
      card.connection.left_out = ["User.Invite.All"];
      card.connection.advice = [
        {
          about: "consent",
          message: "Employees of this tenant may not allow User Sync for themselves.",
          remedy: "An administrator grants consent for everybody, once.",
          link: "https://login.microsoftonline.com/example/v2.0/adminconsent?client_id=example",
        },
      ];
    });
    replace(fake, "webex", (card) => (card.health.sign_in_ends = minutesAgo(-60 * 24 * 12 - 10)));
    replace(fake, "zoom", (card) => (card.health.token_expires = minutesAgo(-60 * 24 * 3 - 10)));
  },
  after: () => press("Details of Microsoft Teams"),
};

async function menu(platform: string, entry: string): Promise<void> {
  await press(`More actions for ${platform}`);
  await press(entry);
}

export const platformMenu: Scenario = { ...imported, after: () => press("More actions for Webex") };
export const chooseTeams: Scenario = { ...imported, after: () => menu("Webex", "Choose teams…") };
export const answerQuestions: Scenario = { ...imported, after: () => menu("Slack", "Questions about signing in…") };
export const disconnecting: Scenario = { ...imported, after: () => menu("Webex", "Disconnect…") };

/** What disconnecting ended at the platform, and what it could not. */
export const disconnected: Scenario = {
  before: (fake, world) => {
    void imported.before?.(fake, world);
    fake.on("disconnect", () => ({
      platform: "webex",
      syncs: {},
      grants: 12,
      gone: ["The sign-in of usersync@example.com"],
      left: [{ what: "The token of the Service App", why: "Webex offers no way to end it from here.", link: "https://developer.webex.com/my-apps" }],
    }));
  },
  after: async () => {
    await menu("Webex", "Disconnect…");
    await press("Disconnect");
  },
};
