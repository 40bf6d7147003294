// English of the Platforms page. What differs between platforms is a table by the platform's id, with words that fit any.

import type { PlatformCard } from "../bindings";
import { count as figure, counted } from "../format";

/** "a, b and c". */
export function listed(parts: string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** What a field is called where it comes from; by platform, then for all. */
const fieldLabels: Record<string, Record<string, string>> = {
  teams: {
    tenant_id: "Directory (tenant) ID",
    client_id: "Application (client) ID",
    access_token: "Microsoft Graph access token",
  },
  zoom: {
    account_id: "Account ID",
    sender: "Address of the sender",
    "employee.client_id": "Employees’ app: client ID",
    "employee.client_secret": "Employees’ app: client secret",
    "employee.public_client_id": "Employees’ app: public client ID",
  },
  webex: {
    service_app_token: "Service App: access token",
    "service_app.id": "Service App: application ID",
    "service_app.client_id": "Service App: client ID",
    "service_app.client_secret": "Service App: client secret",
  },
  slack: {
    bot_token: "Bot token",
    app_token: "App-level token",
    user_token: "User token",
  },
};
const commonFieldLabels: Record<string, string> = {
  cloud: "Cloud",
  client_id: "Client ID",
  client_secret: "Client secret",
  access_token: "Access token",
};

/** What a token is for; by platform, then for all. */
const slotLabels: Record<string, Record<string, string>> = {
  slack: { user: "Your own token, which reads the directory", bot: "The app’s bot, which writes", app: "The app itself, for answers at once" },
  webex: { admin: "The sending account", service_app: "The Service App, which makes guests" },
  teams: { admin: "The sending account" },
  zoom: { admin: "The Server-to-Server app" },
};

const commonSlotLabels: Record<string, string> = { admin: "The account that signs in", bot: "The bot, which writes" };

/** What a sender is, in one sentence. */
const senders: Record<string, string> = {
  slack: "The sender is the app itself: prompts and posts come from it, not from you.",
  teams: "The sender is the account that signed in: prompts come from it. A service account is advised.",
  webex: "The sender is the account that signed in: prompts come from it. A service account is advised.",
  zoom: "The sender is the account that prompts come from: the one you named, else the account’s owner. A service account is advised.",
};

function readable(name: string): string {
  const words = name.replace(/[._]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** How an import ended that did not simply succeed. */
const endings: Record<string, string> = { failed: ", failed", cancelled: ", cancelled", interrupted: ", interrupted", running: ", still running" };

export const platformsTexts = {
  title: "Platforms",
  connectedCount: (connected: number, all: number) => `${connected} of ${all} connected`,
  loading: "Reading the platforms…",
  importAll: "Import all",
  security: "Security",
  none: "This version of User Sync knows no platform.",
  summary: {
    nothing: "Connect a platform; then import its people. Nobody is told.",
    noImport: "Nothing imported yet. An import reads people and tells nobody.",
    importing: (names: string[], read: number) => `Importing from ${listed(names)}: ${counted(read, "person", "people")} read`,
    imported: (when: string) => `Last import ${when}`,
    newest: (when: string, state: string, result: string) =>
      `Last import ${when}${endings[state] ?? ""}${result === "" ? "" : `: ${result}`}`,
  },

  states: {
    not_connected: "Not connected",
    connected: "Connected",
    unreachable: "Not reachable",
    throttled: "Slowed down",
    signed_out: "Signed out",
  },
  notConnected: (name: string) => `Connect ${name} to import its people and to sync to it.`,

  facts: {
    sender: "Sender",
    people: "People imported",
    lastImport: "Last import",
    syncs: "Syncs",
    never: "Never",
    noSyncs: "None yet",
    unnamed: "Not named",
    since: (when: string, cloud: string) => (cloud === "" ? `Connected ${when}` : `${cloud}, connected ${when}`),
    ends: { token: (when: string) => `A token ends ${when}`, sign_in: (when: string) => `The sign-in ends ${when}` },
    ended: { token: (when: string) => `A token ended ${when}`, sign_in: (when: string) => `The sign-in ended ${when}` },
    whatSender: "What a sender is",
    senderDoes: "Writes prompts and posts",
    importFirst: "Import to see its people",
  },
  tenant: (word: string) => word.charAt(0).toUpperCase() + word.slice(1),
  senderSentence: (platform: string) =>
    senders[platform] ?? "The sender is the account or app that writes prompts and posts. A service account is advised.",

  notices: {
    signedOut: (name: string) => `${name} refuses the sign-in.`,
    signedOutRemedy: "Sign in again; until then syncs and imports of this platform wait.",
    waiting: (people: number) => `${counted(people, "person waits", "people wait")} for it. Nobody fails meanwhile, and all go on by themselves once you have signed in.`,
    unreachable: (name: string) => `${name} does not answer.`,
    unreachableRemedy: "Work for it waits and goes on by itself.",
    throttled: (name: string, until: string | null) =>
      until === null ? `${name} asked to slow down.` : `${name} asked to slow down until ${until}.`,
    throttledRemedy: "Nothing is lost: work goes on then.",
    ends: {
      token: (when: string, exact: string) => `A token that does not renew itself ends ${when} (${exact}).`,
      sign_in: (when: string, exact: string) => `The sign-in ends ${when} (${exact}), for it has not been used for long.`,
    },
    endsRemedy: { token: "Enter a new one, or sign in again, before.", sign_in: "An import before then keeps it; else sign in again." },
    ended: {
      token: (when: string, exact: string) => `A token that does not renew itself ended ${when} (${exact}).`,
      sign_in: (when: string, exact: string) => `The sign-in ended ${when} (${exact}): it was not used for too long.`,
    },
    endedRemedy: "Sign in again.",
    lostScopes: (count: number) => (count === 1 ? "A permission is missing." : `${figure(count)} permissions are missing.`),
    lostScopesRemedy: (count: number) => `Grant ${count === 1 ? "it" : "them"} at the platform, then sign in again. Without ${count === 1 ? "it" : "them"} this does not work:`,
    withoutThem: "What does not work without",
    advicePage: "the page where it is changed",
  },

  actions: {
    connect: "Connect",
    connectLabel: (name: string) => `Connect ${name}`,
    signInAgain: "Sign in again",
    signInAgainMenu: "Sign in again…",
    change: "Change credentials…",
    signInAgainLabel: (name: string) => `Sign in again to ${name}`,
    import: "Import",
    importAgain: "Import again",
    importLabel: (visible: string, name: string) => `${visible}: people from ${name}`,
    continueImport: "Continue the import",
    teams: "Choose teams…",
    answers: "Questions about signing in…",
    disconnect: "Disconnect…",
    more: (name: string) => `More actions for ${name}`,
    details: "Details",
    detailsLabel: (name: string) => `Details of ${name}`,
    back: "Back",
  },

  details: {
    health: "Health",
    lastSuccess: "Last success",
    lastFailure: "Last failure",
    token: "Token ends",
    renewsItself: "Renews itself",
    signIn: "Sign-in ends if unused",
    cloud: "Cloud",
    since: "Connected on",
    moment: (when: string, exact: string) => `${exact} (${when})`,
    until: (exact: string) => `Until ${exact}`,
    slowedDown: "Slowed down",
    no: "No",
    tenantId: (word: string) => `Id of the ${word}`,
    none: "None",
    noneYet: "None since the start",
    everyone: "Everyone",
    chosenTeams: (count: number) => `Members of ${counted(count, "chosen team", "chosen teams")}`,
    permissions: "Permissions",
    granted: "Granted",
    missing: "Missing",
    leftOut: "Left out",
    without: (what: string) => `Without it: ${what}`,
  },

  importing: {
    waiting: "The import begins…",
    read: (count: number) => `${counted(count, "person", "people")} read`,
    cancel: "Cancel import",
    cancelAll: "Cancel all",
    cancelAllLabel: "Cancel all imports",
    cancelLabel: (name: string) => `Cancel the import from ${name}`,
    progress: (name: string) => `Import from ${name}`,
    cancelling: "Stopping…",
    stopped: "Stopped half-way",
    unfinished: (count: number) => `Goes on after ${counted(count, "person", "people")}`,
    cancelled: "The import was cancelled. What was read is kept.",
    changes: (counts: { [word in string]: number }) =>
      listed(
        ["new", "changed", "gone"].filter((word) => (counts[word] ?? 0) > 0).map((word) => `${figure(counts[word] ?? 0)} ${word}`),
      ) || "No changes",
    result: (counts: { [word in string]: number }) =>
      listed(
        [
          counts["accounts"] === undefined ? "" : `${figure(counts["accounts"])} read`,
          counts["new"] === undefined ? "" : `${figure(counts["new"])} new`,
          counts["changed"] === undefined ? "" : `${figure(counts["changed"])} changed`,
          counts["gone"] === undefined ? "" : `${figure(counts["gone"])} gone`,
        ].filter((part) => part !== ""),
      ),
    conflicts: (count: number) => `${counted(count, "conflict", "conflicts")} to decide`,
    announced: (name: string | null, result: string) => `Import${name === null ? "" : ` from ${name}`} finished${result === "" ? "." : `: ${result}.`}`,
    announcedFailed: (name: string | null, message: string) => `Import${name === null ? "" : ` from ${name}`} failed: ${message}`,
  },

  syncCount: (count: number, status: string) => `${figure(count)} ${status.toLowerCase()}`,

  fieldLabel: (platform: string, name: string) => fieldLabels[platform]?.[name] ?? commonFieldLabels[name] ?? readable(name),
  slotLabel: (platform: string, slot: string) => slotLabels[platform]?.[slot] ?? commonSlotLabels[slot] ?? readable(slot),

  teams: {
    title: (name: string) => `Choose teams of ${name}`,
    intro: "Members of the chosen teams are imported. With none chosen, everyone is.",
    search: "Search teams",
    loading: "Reading the teams…",
    everyone: "None chosen: everyone is imported.",
    chosen: (chosen: number, all: number) => `${figure(chosen)} of ${counted(all, "team", "teams")} chosen`,
    clear: "Choose none",
    nothing: (text: string) => `No team is called “${text}”.`,
    empty: "There are no teams. Everyone is imported.",
    more: (count: number) => `${counted(count, "more team", "more teams")}: search to find them.`,
    save: "Save",
    saveAndImport: "Save and import",
    saved: "The choice is saved.",
    later: "The choice counts from the next import on.",
  },

  answers: {
    title: (name: string) => `Questions about signing in to ${name}`,
    intro: "The answers decide when and how the approval page opens. They can be changed at any time.",
    save: "Save answers",
    open: "Not answered yet",
    saved: "The answers are saved.",
  },

  disconnect: {
    title: (name: string) => `Disconnect ${name}?`,
    stops: "What stops",
    stays: "What stays",
    /** What stops and what stays, with the counts of this moment. */
    words: (name: string, card: PlatformCard): { stops: string[]; stays: string[] } => {
      const synced = card.syncs["synced"] ?? 0;
      const pending = card.syncs["pending"] ?? 0;
      return {
        stops: [
          synced > 0
            ? `${counted(synced, "synced person is", "synced people are")} no longer reachable on ${name} until you connect it again.`
            : `Nobody is synced to ${name} now, so nobody loses anything.`,
          ...(pending > 0 ? [`${counted(pending, "pending sync waits", "pending syncs wait")} until you connect it again.`] : []),
          "No more imports from here; the list of people is no longer refreshed.",
          `The tokens of this connection are ended at ${name} as far as it offers that, and removed from this computer with all its secrets.`,
          "To connect again, its credentials are entered anew; an app whose token has ended is installed again first.",
        ],
        stays: [
          ...(card.accounts > 0 ? [`${counted(card.accounts, "imported account stays", "imported accounts stay")} listed.`] : []),
          "Primary platforms, links and syncs stay decided; they go on when you connect again.",
          `What was made at ${name} (bots, guests, messages) stays there. Should it go too, reset the people first.`,
        ],
      };
    },
    confirm: "Disconnect",
    announced: (name: string) => `${name} is disconnected.`,
    doneTitle: (name: string) => `${name} is disconnected`,
    gone: (name: string) => `Ended at ${name}`,
    left: (name: string) => `What stays at ${name}, and how to end it there`,
    grants: (count: number, name: string) =>
      count === 1
        ? `One employee’s sign-in to ${name} stays sealed on this computer: a reset of that person needs it to undo things there.`
        : `${figure(count)} employees’ sign-ins to ${name} stay sealed on this computer: a reset of those people needs them to undo things there.`,
  },
};
