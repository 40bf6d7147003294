// Words of the dialogs on the User Sync page. What one person's sync says is in `sync-words.ts`.

import type { Action, PlatformSheet, SyncPreview } from "../bindings";
import { count as figure, counted as count } from "../format";

/** Names in a row: "Slack", "Slack and Webex", "Slack, Webex and Zoom". */
export function list(names: string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}

/** When it cannot begin: the title, and a sentence before the reason. */
export function blockedWords(person: string, platform: PlatformSheet, kind: string): { title: string; lead: string | null } {
  if (kind === "needs_account") {
    return {
      title: `${person} needs a ${platform.name} account`,
      lead: `${platform.name} knows neither bots nor guests for direct messages, so nothing else can represent a person there.`,
    };
  }
  return { title: `${person} cannot be synced to ${platform.name} yet`, lead: null };
}

/** How many a bulk sync does what to, in the order of doing; lines of nobody are left out. */
export function bulkLines(preview: SyncPreview, platform: PlatformSheet): { key: string; count: number; text: string }[] {
  return [
    { key: "prompts", count: preview.prompts, text: `get a direct message that asks them to authorise their ${platform.name} account` },
    { key: "bots", count: preview.bots, text: `are represented by a bot on ${platform.name}` },
    { key: "guests", count: preview.guests, text: `are invited to ${platform.name} as a guest` },
    { key: "already", count: preview.already, text: "are synced already or under way, and stay as they are" },
    { key: "blocked", count: preview.blocked, text: "cannot begin and are left as they are" },
  ].filter((line) => line.count > 0);
}

/** What a row of the first people says. */
export const rowAction: { [action in Action]: string } = {
  prompt: "Prompt",
  create_bot: "Bot",
  invite_guest: "Guest",
  none: "Already synced",
};

const bulkConfirm = (preview: SyncPreview): string => {
  const all = preview.prompts + preview.bots + preview.guests;
  if (all === 0) return "Sync nobody";
  if (all === preview.prompts) return `Send ${count(all, "prompt", "prompts")}`;
  if (all === preview.bots) return `Create ${count(all, "bot", "bots")}`;
  if (all === preview.guests) return `Invite ${count(all, "guest", "guests")}`;
  return `Sync ${count(all, "person", "people")}`;
};

export const dialogs = {
  looking: "Looking at what will happen…",
  willHappen: "What will happen",
  sync: {
    confirmPlain: "Sync",
    alreadyTitle: (person: string, platform: string) => `${person} is synced to ${platform} already`,
    already: "There is nothing to do.",
    goneTitle: "This person is no longer there",
    gone: "The last import did not find them any more.",
    queued: (person: string, platform: string) => `${person}: the sync to ${platform} has begun.`,
    bulkQueued: (people: number, platform: string) => `The sync of ${count(people, "person", "people")} to ${platform} has begun.`,
    bulkTitle: (people: number, platform: string) => `Sync ${count(people, "person", "people")} to ${platform}?`,
    titleLoading: (person: string, platform: string) => `Sync ${person} to ${platform}?`,
    bulkTitleLoading: (platform: string) => `Sync to ${platform}?`,
    bulkConfirm,
    bulkNothing: "Nobody of this selection can be synced now.",
    bulkEmpty: "This selection holds nobody.",
    bulkHand: (platforms: string[]) =>
      `${list(platforms)} lets no app look for answers all the time: press “Check answers” in the details of anybody while people are there.`,
    bulkPace: "Work goes on behind the window, a few people at a time, and can be cancelled in Activity.",
    whyBlocked: "Why some cannot begin",
    people: "People",
    first: (shown: number, all: number) => `The first ${figure(shown)} of ${figure(all)}`,
  },
  questions: {
    title: (platform: string) => `Before the first ${platform} sync`,
    answered: (platform: string) => `Answers about ${platform}`,
    help: (tenant: string) => `Asked once for the ${tenant}. You can change the answers here or on the Platforms page.`,
    missing: (left: number) => (left === 1 ? "One question is still open." : `${figure(left)} questions are still open.`),
    change: "Change",
  },
  reset: {
    titleOne: (person: string) => `Reset ${person}?`,
    titleMany: (people: number) => `Reset ${count(people, "person", "people")}?`,
    titleLoading: "Reset?",
    lead: "Every sync is broken, and the choice of the primary platform is forgotten. Afterwards everything can be synced anew.",
    goes: "What will go",
    stays: "What will stay",
    nothingGoes: "There is nothing to undo; only the choice of the primary platform is forgotten.",
    nothingStays: "Nothing stays behind.",
    sessions: "Nobody is signed out of anything.",
    confirmOne: "Reset",
    confirmMany: (people: number) => `Reset ${count(people, "person", "people")}`,
    begunOne: (person: string) => `The reset of ${person} has begun.`,
    begunMany: (people: number) => `The reset of ${count(people, "person", "people")} has begun.`,
    times: (number: number) => `${figure(number)} ×`,
  },
  primary: {
    titleOne: (person: string, platform: string) => `Make ${platform} the primary platform of ${person}?`,
    titleMany: (platform: string) => `Make ${platform} the primary platform?`,
    titleChoose: (person: string) => `Which platform does ${person} use daily?`,
    titleChooseMany: "Which platform do these people use daily?",
    chooseHelp: "They write from there, and prompts reach them there.",
    lead: (platform: string) => `They write from ${platform}, and prompts reach them there.`,
    changes: (people: number) => `${count(people, "person changes", "people change")} to this platform.`,
    unchangedOne: (person: string) => `${person} has this primary platform already.`,
    unchanged: (people: number) => `${count(people, "person has", "people have")} it already.`,
    resets: (people: number) =>
      people === 1
        ? "1 person has syncs in place. They break with the change, so the person is reset first and must be synced anew."
        : `${figure(people)} people have syncs in place. These break with the change, so these people are reset first and must be synced anew.`,
    resetsOne: (person: string, platforms: string[]) =>
      `${person} has syncs in place (${list(platforms)}). They break with the change, so ${person} is reset first and must be synced anew.`,
    whoResets: "People with syncs",
    refused: "Who cannot change",
    confirm: "Change primary",
    confirmMany: (people: number) => `Change ${count(people, "person", "people")}`,
    confirmResets: "Reset and change",
    confirmResetsMany: (people: number) => `Reset and change ${count(people, "person", "people")}`,
    choice: "People with syncs",
    keepResets: (people: number) => `Change only the ${count(people, "person", "people")} without syncs`,
    resetAll: (people: number) => `Reset and change all ${figure(people)}`,
    nothing: "Nobody of this selection can change.",
    done: (people: number, platform: string) => `${platform} is now the primary platform of ${count(people, "person", "people")}.`,
    left: (changed: number, unconfirmed: number, failed: number) =>
      [
        `${count(changed, "person has", "people have")} changed.`,
        unconfirmed > 0 ? `${count(unconfirmed, "person", "people")} with syncs stayed as they were.` : "",
        failed > 0 ? `${count(failed, "person", "people")} could not be changed.` : "",
      ]
        .filter((sentence) => sentence !== "")
        .join(" "),
    heldLeft: "Your stop limit lets no more be reset at once. Choose the same once more to go on with the next ones.",
    resultTitle: "Not everybody has changed",
  },
  again_prompt: {
    title: (person: string, platform: string) => `Prompt ${person} again for ${platform}?`,
    steps: (person: string, primary: string, sender: string | null) => [
      "The message that is open now is withdrawn or marked as out of date; its code no longer works.",
      `${person} gets a new message in ${primary}${sender === null ? "" : `, from ${sender}`}, with a new link and code.`,
    ],
    confirm: "Send prompt",
    done: (person: string) => `A new prompt for ${person} is on its way.`,
  },
  cancel_sync: {
    title: (person: string, platform: string) => `Cancel ${platform} for ${person}?`,
    lead: (platform: string) => `The sync to ${platform} ends and the row is ready to begin anew.`,
    steps: (platform: string, representation: "own_account" | "bot" | "guest" | null) => [
      representation === "own_account"
        ? "An open message is withdrawn where the platform lets it, else marked as out of date."
        : `What User Sync made on ${platform} so far is deleted where ${platform} lets it.`,
      "Secrets kept for this sync are destroyed.",
    ],
    confirm: "Cancel sync",
    keep: "Keep it",
    done: (person: string, platform: string) => `${platform} for ${person} is cancelled.`,
    leftTitle: (platform: string) => `${platform} is cancelled, and something stays`,
  },
  links: {
    title: (person: string) => `Accounts of ${person}`,
    lead: "What you link or unlink here stays so, whatever later imports find.",
    accounts: "Linked accounts",
    only: "The only account; there is nothing to unlink it from.",
    inactive: "Deactivated",
    unlink: "Unlink",
    named: (verb: string, what: string) => `${verb}: ${what}`,
    unlinkMeans: (platform: string) =>
      `The ${platform} account becomes a person of its own and is never matched by address again, until you link it.`,
    unlinkConfirm: "Unlink account",
    keep: "Keep",
    find: "Link another account",
    findHelp: "Name or address, two letters at least",
    link: "Link",
    already: "Linked already",
    taken: (platform: string) => `Has another ${platform} account; unlink that one first.`,
    belongs: (person: string) => `Now with ${person}`,
    none: "No account has this name or address.",
    linked: (name: string) => `${name} is linked.`,
    unlinked: (platform: string) => `The ${platform} account is unlinked.`,
  },
};
