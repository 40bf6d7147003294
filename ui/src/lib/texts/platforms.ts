// English of the Platforms page. What differs between platforms is a table by the platform's id, with words that fit any.

import type { PlatformCard } from "../bindings";
import { count as figure, counted } from "../format";

/** "a, b and c". */
function listed(parts: string[]): string {
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
    since: (when: string) => `Connected ${when}`,
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
    unreachable: (name: string) => `${name} does not answer.`,
    unreachableRemedy: "Work for it waits and goes on by itself.",
    throttled: (name: string, until: string | null) =>
      until === null ? `${name} asked to slow down.` : `${name} asked to slow down until ${until}.`,
    throttledRemedy: "Nothing is lost: work goes on then.",
    expires: (when: string, exact: string) => `A token that does not renew itself ends ${when} (${exact}).`,
    expiresRemedy: "Sign in again before.",
    expired: (when: string, exact: string) => `A token that does not renew itself ended ${when} (${exact}).`,
    expiredRemedy: "Sign in again.",
    lostScopes: (count: number) => (count === 1 ? "A permission is missing." : `${figure(count)} permissions are missing.`),
    lostScopesRemedy: (count: number) => `Grant ${count === 1 ? "it" : "them"} at the platform, then sign in again. Without ${count === 1 ? "it" : "them"} this does not work:`,
    withoutThem: "What does not work without",
  },

  actions: {
    connect: "Connect",
    connectLabel: (name: string) => `Connect ${name}`,
    signInAgain: "Sign in again",
    signInAgainMenu: "Sign in again…",
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

  connect: {
    title: (name: string) => `Connect ${name}`,
    titleAgain: (name: string) => `Sign in to ${name} again`,
    asksAgain: "What is asked for",
    asks: (name: string, tenant: string) =>
      `These permissions are asked for in your ${name} ${tenant}, and no others. Nothing is sent to anybody by connecting.`,
    next: "Continue",
    fieldsIntro: (name: string) =>
      `You find these values where your app is registered with ${name}. Secrets go into this computer’s keychain and are never shown again.`,
    optional: "Optional",
    optionalFields: (count: number) => `Optional fields (${count})`,
    demo: "In the demo company you may leave everything empty: its credentials are filled in for you.",
    missing: (label: string) => `Enter a value for “${label}”.`,
    submit: "Connect",
    submitAgain: "Sign in again",
    checking: "Checking what you entered…",
    browser: "Your browser opens. Sign in there, then come back: this window notices by itself.",
    address: "Should the browser not have opened, copy this address into it:",
    copy: "Copy address",
    copied: "Copied",
    notCopied: "The address could not be copied. Select it and copy it by hand.",
    addressLabel: "Address of the sign-in page",
    code: "Enter this code there:",
    codeUntil: (exact: string) => `The code is good until ${exact}.`,
    codeExpired: "The code has ended. Cancel and connect once more for a new one.",
    skippedTitle: "Left out for now",
    cancelling: "Cancelling…",
    cancel: "Cancel sign-in",
    cancelled: "The sign-in was cancelled. Nothing was kept.",
    connectedTo: (tenant: string) => `Connected to ${tenant}.`,
    connected: (name: string) => `${name} is connected.`,
    sender: (sender: string) => `Prompts come from ${sender}.`,
    nextImport: "Next, import its people. Nobody is told.",
    nextTeams: "Choose teams first if not everyone is to be imported.",
    import: "Import people",
    chooseTeams: "Choose teams…",
    later: "Later",
    announced: (name: string) => `${name} is connected.`,
  },

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
          `The tokens and secrets of ${name} are removed from this computer.`,
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
  },
};
