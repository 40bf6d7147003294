// Words of the audit log.

import { count as figure, counted } from "../format";

const entries = (number: number): string => counted(number, "entry", "entries");

export const auditTexts = {
  title: "Audit log",
  loading: "Reading the audit log…",
  emptyTitle: "Nothing is logged yet",
  empty: "Everything that you decide, and everything that User Sync then does on a platform, stands here with its time. Entries are never changed or removed.",
  table: "Audit log, newest first",
  lead: "Every decision and every effect on a platform. Entries are never changed or removed.",
  about: {
    person: (name: string) => `About ${name}`,
    run: (id: string) => `Run ${id}`,
    platform: (name: string) => name,
    clear: (what: string) => `${what}: show everything again`,
    anyPlatform: "Platform",
    everywhere: "Any platform",
    filterBy: "Filter by platform",
    gone: "somebody who is gone",
  },
  noMatchTitle: "Nothing is logged about this",
  ofRun: "In the audit log",
  ofPerson: "In the audit log",
  columns: { when: "When", who: "Who", what: "What", where: "Platform", run: "Run" },
  number: (id: number) => `No. ${figure(id)}`,
  run: (id: string) => `Run ${id}`,
  openRun: (id: string) => `Open run ${id}`,
  hash: (hash: string) => `Hash of this entry: ${hash}`,
  more: "Show older",
  export: "Export",
  formats: { csv: "CSV, for spreadsheets", jsonl: "JSON lines, for programs" },
  verify: "Verify…",

  check: {
    title: "Verify the audit log",
    lead: "Each entry holds a hash of itself and of the entry before, so that nothing can be changed or removed in between without a trace.",
    noted: "Hash noted earlier",
    notedHelp: "With it, this also finds out whether the newest entries were cut off since you noted it.",
    optional: "(optional)",
    notAHash: "A hash has 64 characters, 0 to 9 and a to f.",
    confirm: "Verify",
    busy: "Reading every entry…",
    whole: (number: number, noted: boolean) =>
      `The log is whole: ${entries(number)}, each fits to the one before${noted ? ", and your noted hash stands in it" : ""}.`,
    none: "There is nothing to verify yet.",
    broken: (id: number) => `The log was tampered with: entry ${figure(id)} does not fit.`,
    brokenRemedy: "What stands after that entry cannot be relied on. Keep a copy of the data folder, and compare with an earlier export.",
    head: "Hash of the newest entry",
    copyHead: "Copy the hash",
    why: "Keep it elsewhere, such as in a ticket: with it you can prove later that nothing up to now was removed.",
  },
};
