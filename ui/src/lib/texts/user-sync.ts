// The English texts of the User Sync page's table.

import type { Action, Sort, Status, SyncCell } from "../bindings";
import { count, counted } from "../format";

const people = (value: number): string => counted(value, "person", "people");

const details: Record<string, string> = {
  queued: "Waits for its turn",
  waiting_for_network: "Waits for the network; it goes on by itself",
  waiting_for_keychain: "Waits until the keychain is unlocked; it goes on by itself",
  waiting_for_sign_in: "Waits for the sign-in to its platform; it goes on by itself after that",
  waiting_for_approval: "Waits for your approval, because of a stop limit",
  paused: "Waits because its run is paused",
  cancelling: "Is being undone",
  slowed_down: "The platform asks for patience; it goes on by itself",
  provisioning: "Is being set up",
  prompted: "The prompt was sent; waits for the person's answer",
  code_expired: "The code in the prompt has expired; the person can answer to get a new one, or you prompt again",
  wrong_person: "Somebody else's account was authorised and thrown away; the person has a new code for their own",
  verifying: "Checks that the right person signed in",
  guest_not_redeemed: "The guest has not accepted the invitation yet",
  choose_primary: "The primary platform is still to be chosen",
  resetting: "Is being reset",
};

const reasons: Record<string, string> = {
  choose_primary: "Primary to be chosen",
  needs_account: "Needs an account",
  own_domain: "Address in own domain",
  no_licence: "No licence",
  already_guest: "Already a guest",
  no_email: "No e-mail address",
  no_employee_app: "App for employees missing",
  no_sender: "Primary not connected",
  no_sign_in: "No way to authorise",
  sender_itself: "Is the sender itself",
  not_offered: "No active account",
  not_connected: "Not connected",
  is_primary: "Is the primary platform",
  no_account: "No account",
  not_ours: "Not made by User Sync",
  deactivated: "Account deactivated",
  missing_scope: "Permission missing",
  signed_out: "Signed out",
  declined: "Person declined",
  wrong_person: "Wrong person signed in",
  key_lost: "Sign-in lost with its key",
  forbidden: "Refused by the platform",
  network: "Network",
  perhaps_done: "Perhaps done",
  gave_up: "Tried many times",
  rate_limited: "Slowed down",
  platform_down: "Platform not reachable",
  unsupported: "Not possible there",
  resetting: "Is being reset",
  blocked: "Blocked",
  cancelled: "Cancelled",
  conflict: "Conflict",
  not_found: "Not found there",
  invalid: "Refused as not valid",
  bug: "Fault in User Sync",
};

const action: Record<Action, string> = {
  prompt: "Asks the person to authorise their own account",
  create_bot: "Creates a bot that represents the person",
  invite_guest: "Invites a guest that represents the person",
  none: "Nothing stands behind it yet",
};

const synced: Record<NonNullable<SyncCell["representation"]>, string> = {
  own_account: "Reachable there through their own account",
  bot: "Reachable there through a bot",
  guest: "Reachable there through a guest",
};

/** A stable word in readable form, for words that this table does not know yet. */
function readable(word: string): string {
  const text = word.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const texts = {
  title: "User Sync",
  action,
  press: {
    synced: "Show details",
    pending: "Show details",
    failed: "Try again",
    not_synced: "Start",
    blocked: "Show what to do",
  } satisfies Record<Status | "blocked", string>,
  detail: (word: string | null): string | null => (word === null ? null : (details[word] ?? readable(word))),
  standsFor: (of: Status, representation: SyncCell["representation"]): string =>
    of === "synced" && representation !== null ? synced[representation] : legend[of],
  reason: (word: string): string => reasons[word] ?? readable(word),

  table: "People and their syncs",
  columns: { select: "Select", user: "User", primary: "Primary platform", sync: "Sync status", more: "More" },
  sortedBy: (by: Sort["by"], descending: boolean): string =>
    `Sorted by ${{ name: "name", primary: "primary platform", status: "status" }[by]}${descending ? ", reversed" : ""}`,
  selectAll: "Select everyone in the list",
  selectPerson: (name: string): string => `Select ${name}`,
  loadingRow: "Loading",
  gone: "No longer there",
  noEmail: "No e-mail",
  notOffered: "No active account",
  noPrimary: "None",
  choosePrimary: "Choose…",
  primaryOf: (name: string, primary: string | null): string =>
    primary === null ? `Choose the primary platform of ${name}` : `Primary platform of ${name}: ${primary}`,
  primaryChanged: (name: string, primary: string): string => `${primary} is now the primary platform of ${name}`,
  moreOf: (name: string): string => `More for ${name}`,
  nothingToSync: "Nothing to sync",
  nothingElse: "No other platform connected",

  menu: { reset: "Reset user…", timeline: "Timeline", copy: "Copy e-mail", links: "Link or unlink accounts…" },
  copied: (email: string): string => `${email} copied`,
  copyFailed: "The e-mail could not be copied.",
  copyByHand: "Select the address in the drawer of the person and copy it there.",

  legend: {
    button: "What the four icons mean",
    title: "Sync status",
  },

  search: "Search by name or e-mail",
  filters: "Filters",
  anyPlatform: "Platform",
  anyPrimary: "Primary",
  anyReason: "Reason",
  filterBy: { platform: "Filter by platform", primary: "Filter by primary platform", reason: "Filter by reason" },
  everything: { platform: "Any platform", primary: "Any primary platform", reason: "Any reason" },
  clear: "Clear",
  found: (total: number, everyone: number): string =>
    total === everyone ? people(total) : `${count(total)} of ${people(everyone)}`,
  conflicts: (value: number): string => (value === 1 ? "1 conflict to decide" : `${count(value)} conflicts to decide`),
  changed: (value: number | null): string =>
    value === null ? "People have changed since this list was read." : `${people(value)} changed since this list was read.`,
  update: "Update list",
  exportList: "Export",
  exportHelp: "Save the list as it is filtered and sorted, as CSV",
  exported: (rows: number, path: string): string => `${counted(rows, "row", "rows")} saved as ${path}`,
  showInFolder: "Show in folder",
  dismiss: "Dismiss",

  bulk: {
    label: "Selected people",
    selected: (value: number): string => `${count(value)} selected`,
    selectedOf: (value: number, total: number): string => `${count(value)} of ${people(total)} selected`,
    all: (value: number): string => `All ${count(value)} matching are selected`,
    selectAll: (value: number): string => `Select all ${count(value)} matching`,
    sync: "Sync to",
    primary: "Set primary",
    reset: "Reset…",
    clear: "Clear selection",
    tooMany: (most: number): string =>
      `More than ${count(most)} people cannot be picked one by one.`,
    tooManyRemedy: "Narrow the list by search or filter, then select all that match.",
  },

  empty: {
    notConnected: {
      title: "Connect your first platform",
      text: "This page will show every person of your company once, where they work, and how they are reachable elsewhere.",
      act: "Go to Platforms",
    },
    notImported: {
      title: "Import your people",
      text: "Nobody has been imported yet. Import everyone now, or choose teams on the Platforms page first.",
      act: "Import everyone",
      other: "Choose teams first",
    },
    importing: {
      title: "Importing your people",
      text: "Everybody appears here as soon as they are read and matched. You can go on elsewhere meanwhile.",
    },
    noMatch: { title: "Nobody matches", text: "No person has all of what you search and filter for.", act: "Clear search and filters" },
  },
  loading: "Loading people",
  failed: "The list could not be read",
  again: "Try again",
};

export const legend: Record<Status, string> = {
  synced: "The person can exchange direct messages across platforms.",
  pending: "Prompted or being set up; turns into a check mark by itself.",
  failed: "With the reason and what to do. Press to try again.",
  not_synced: "No sync exists. Press to start.",
};
