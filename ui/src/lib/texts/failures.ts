// Words of the view "Failed", and of what is done about it.

import type { SyncCell } from "../bindings";
import { count as figure, counted } from "../format";

const people = (number: number): string => counted(number, "person", "people");

type Stands = SyncCell["representation"];

const doubled: { [stands in NonNullable<Stands>]: (person: string, platform: string) => string } = {
  own_account: (person) => `If the message did arrive all the same, ${person} gets the same question twice.`,
  bot: (person, platform) => `If the bot is there all the same, ${person} stands on ${platform} twice.`,
  guest: (person, platform) => `If the invitation did go out all the same, ${person} is invited to ${platform} twice.`,
};

export const failureTexts = {
  count: (number: number) => `${figure(number)} failed`,
  loading: "Looking at what failed…",
  emptyTitle: "Nothing has failed",
  empty: "Syncs that fail stand here by platform and reason, with what to do about them.",
  table: "What failed, by platform and reason",
  group: (platform: string, reason: string) => `${platform}: ${reason}`,
  figures: (number: number) => people(number),
  since: (when: string) => `the first ${when}`,
  times: (number: number) => `${figure(number)} ×`,
  show: "Show people",
  showLabel: (group: string) => `Show people: ${group}`,
  again: (number: number) => (number === 1 ? "Try again…" : `Try ${figure(number)} again…`),
  againLabel: (number: number, group: string) => `Try ${figure(number)} again: ${group}`,
  againAll: (number: number) => `Try all ${figure(number)} again…`,
  doubt: "It may have happened all the same. Trying again looks first, and sends nothing twice.",
  whom: "Who is meant",
  more: (number: number) => `${people(number)} more in the table`,
  openPerson: (person: string) => `Show ${person} on the User Sync page`,

  retry: {
    titleAll: (number: number) => `Try ${people(number)} again?`,
    title: (number: number, platform: string) => `Try ${people(number)} again on ${platform}?`,
    steps: (number: number, doubtful: boolean) => [
      ...(doubtful ? ["What may have happened all the same is looked up at the platform first, and is not repeated if it did."] : []),
      number === 1
        ? "The sync is looked at as things are now, and begins anew where nothing is in the way any more."
        : "Each sync is looked at as things are now, and begins anew where nothing is in the way any more.",
      `Whoever still has something in the way keeps the red triangle, with the reason.`,
    ],
    limits: "Your stop limits count here too.",
    confirm: (number: number) => (number === 1 ? "Try again" : `Try ${figure(number)} again`),
  },
  begun: (number: number) => `${people(number)} ${number === 1 ? "is" : "are"} being tried again.`,
  nothingBegun: "Nothing is left to try again.",

  lookUp: "Look it up",
  lookUpLabel: (person: string, platform: string) => `Look it up: ${person} on ${platform}`,
  anew: {
    action: "It did not happen: send again…",
    actionLabel: (person: string, platform: string) => `It did not happen: send again for ${person} on ${platform}`,
    title: (person: string, platform: string) => `Send again for ${person} on ${platform}?`,
    lead: (platform: string) => `${platform} will not say whether it happened. Go on only if you have looked and it is not there.`,
    doubled: (stands: Stands, person: string, platform: string) =>
      (stands === null ? null : doubled[stands](person, platform)) ?? `If it did happen all the same, ${person} has it twice on ${platform}.`,
    steps: (person: string) => [`What was sent for ${person} counts as lost, on your word.`, "It is sent once more, as was confirmed.", "The audit log says that you decided so."],
    confirm: "Send again",
    done: (person: string, platform: string) => `${person}: sent again on ${platform}.`,
  },
};
