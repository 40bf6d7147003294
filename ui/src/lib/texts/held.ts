// What stop limits hold, in sentences: before it is confirmed, while it waits, and when it is approved.

import type { Guarded, Held } from "../bindings";
import { count as figure, counted } from "../format";
import { list } from "./dialogs";

const nouns: { [what in Guarded]: [one: string, many: string] } = {
  resets: ["reset", "resets"],
  dismissals: ["removal of a bot or guest", "removals of bots and guests"],
  representations: ["new bot or guest", "new bots and guests"],
  prompts: ["prompt", "prompts"],
};

const begins: { [what in Guarded]: (number: number) => string } = {
  resets: (number) => `${counted(number, "person is", "people are")} reset now`,
  dismissals: (number) => `${counted(number, "bot or guest is", "bots and guests are")} removed now`,
  representations: (number) => `${counted(number, "bot or guest is", "bots and guests are")} made now`,
  prompts: (number) => `${counted(number, "prompt is", "prompts are")} sent now`,
};

const none: { [what in Guarded]: string } = {
  resets: "Nobody is reset now",
  dismissals: "No bot or guest is removed now",
  representations: "No bot or guest is made now",
  prompts: "No prompt is sent now",
};

export const noun = (what: Guarded, number: number): string => nouns[what][number === 1 ? 0 : 1];

const APPROVAL = "for your approval";

/** "2,000 bots and guests are made now; 1,300 more wait for your approval, because of your stop limit." */
export function ahead({ what, allowed, held: waiting }: Held, waitsFor: string = APPROVAL): string {
  const waits = `${waiting === 1 ? "waits" : "wait"} ${waitsFor}, because of your stop limit.`;
  return allowed === 0
    ? `${none[what]}: ${waiting === 1 ? "the one" : `all ${figure(waiting)}`} ${waits}`
    : `${begins[what](allowed)}; ${figure(waiting)} more ${waits}`;
}

const through = ({ what, allowed, wanted }: Held): string => `${figure(allowed)} of ${figure(wanted)} ${noun(what, wanted)}`;

export const held = {
  approval: APPROVAL,
  /** Nothing is stored of it: the admin decides once more. */
  again: "until you choose this once more",
  title: "Held by your stop limits",
  /** What stands below a run that waits. */
  waits: (people: number, limits: Held[]): string => {
    const who = `${counted(people, "person waits", "people wait")} for your approval`;
    if (limits.length === 0) return `${who}.`;
    return `${who}: your stop ${limits.length === 1 ? "limit lets" : "limits let"} ${list(limits.map(through))} through.`;
  },
  approve: (people: number) => `Approve ${figure(people)} more`,
  approveLabel: (people: number, run: string) => `Approve ${figure(people)} more of ${run}`,
  approveTitle: (people: number, run: string) => `Approve ${figure(people)} more of “${run}”?`,
  approveLead: (people: number, started: string) =>
    `The run was confirmed ${started}. ${counted(people, "person", "people")} of it ${people === 1 ? "waits" : "wait"} since then.`,
  approveLine: ({ what, held, allowed }: Held) => ({ count: held, text: `${noun(what, held)} beyond the stop limit of ${figure(allowed)} in this run` }),
  approveMeans: "They go on at once, just as they were confirmed. The stop limits stay as they are, and hold in the next run again.",
  approveNothing: "Nothing of this run waits for your approval any more.",
  approved: (people: number) => (people === 1 ? "1 more goes on." : `${figure(people)} more go on.`),
};
