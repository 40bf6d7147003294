// Words of a person's drawer: what the entries of the timeline, the details and the actions say.

import type { Status, TimelineEntry } from "../bindings";
import { statusWord } from "../status";
import { texts as table } from "./user-sync";

/** A word of the program as a plain phrase, where no table knows it. */
export function plain(word: string): string {
  const phrase = word.replaceAll("_", " ");
  return phrase.charAt(0).toUpperCase() + phrase.slice(1);
}

/** What an entry says: the title stands beside the time, the text below. */
export type EntryWords = { title: string; text: string | null };

const syncTitle = (status: Status | null, platform: string | null): string => {
  const name = platform ?? "Sync";
  return status === null ? `${name}: sync ended` : `${name}: ${statusWord(status)}`;
};

const resetWords = (status: Status | null): EntryWords => {
  if (status === "pending") return { title: "Reset begun", text: null };
  if (status === "failed") return { title: "Reset not finished", text: null };
  return { title: "Reset done", text: "The row is ready to be synced anew." };
};

/** Kinds of the history, each with its sentence. `platform` is a name. */
const kinds: { [kind: string]: (entry: TimelineEntry, platform: string | null) => EntryWords } = {
  sync: (entry, platform) => ({
    title: syncTitle(entry.status, platform),
    text: table.detail(entry.detail),
  }),
  blocked: (_, platform) => ({ title: `${platform ?? "Sync"}: could not begin`, text: null }),
  joined: (_, platform) => ({ title: `${platform ?? "Sync"}: part of a new run`, text: "Nothing had to be done anew." }),
  removed: (_, platform) => ({ title: `${platform ?? "Sync"}: sync removed`, text: "It can be started anew." }),
  primary: (_, platform) => ({
    title: platform === null ? "Primary platform no longer chosen" : `Primary platform: ${platform}`,
    text: null,
  }),
  link: (_, platform) => ({ title: `${platform ?? "An"} account linked`, text: "By hand; later imports keep it." }),
  unlink: (_, platform) => ({ title: `${platform ?? "An"} account unlinked`, text: "By hand; later imports keep it." }),
  apart: () => ({ title: "Kept apart", text: "A conflict was decided: the others with this address are different people." }),
  left: (_, platform) => ({ title: `${platform ?? "A platform"}: something stays there`, text: null }),
  reset: (entry) => resetWords(entry.status),
};

/** What an entry says. A kind that this table does not know stands with its own word. */
export function entryWords(entry: TimelineEntry, platform: string | null): EntryWords {
  const known = kinds[entry.kind];
  if (known) return known(entry, platform);
  return { title: `${plain(entry.kind)}${platform === null ? "" : `: ${platform}`}`, text: table.detail(entry.detail) };
}

export const timeline = {
  close: "Close details",
  noEmail: "No e-mail address",
  primary: "Primary platform",
  noPrimary: "Not chosen yet",
  syncs: "Syncs",
  noSyncs: "No other platform is connected.",
  accounts: "Accounts",
  inactive: "Deactivated",
  history: "Timeline",
  empty: "Nothing has happened yet. Syncs, choices and resets will stand here.",
  more: "Show older",
  loading: "Reading…",
  gone: "This person is no longer there. The last import did not find them any more.",
  links: "Link or unlink accounts",
  actions: {
    start: "Sync",
    try_again: "Try again",
    prompt_again: "Prompt again",
    cancel: "Cancel",
    check_answers: "Check answers",
    send_anew: "It did not happen: send again…",
  },
  forPlatform: (action: string, platform: string) => `${action}: ${platform}`,
  checked: "Answers were read.",
  checkHelp: (primary: string) => `${primary} is looked at only when you say so. Press it while the person is there.`,
};
