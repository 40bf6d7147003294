// An audit log of some entries, in words like those of the back end.

import type { AuditEntry, AuditFilter, AuditPage, AuditVerdict } from "../../src/lib/bindings";
import { minutesAgo } from "./backend";

const hash = (id: number): string => Array.from({ length: 64 }, (_, at) => ((id * 31 + at * 7 + (id >> at % 5)) % 16).toString(16)).join("");

const WHAT: { action: string; actor: string; platform: string | null; run: string | null; what: string }[] = [
  { action: "sync_confirmed", actor: "ana", platform: "webex", run: "sync-1", what: "Confirmed the sync of 5,000 people to Webex." },
  { action: "bot_made", actor: "User Sync", platform: "webex", run: "sync-1", what: "Made a bot for Bo Farnhollow." },
  { action: "prompt_sent", actor: "User Sync", platform: "slack", run: "sync-1", what: "Sent Cleo Coralton a prompt for Webex." },
  { action: "limits_changed", actor: "ana", platform: null, run: null, what: "Changed the stop limits: at most 500 prompts in one run." },
  { action: "guest_invited", actor: "User Sync", platform: "teams", run: "sync-2", what: "Invited Dario Dunmorrow as a guest." },
  { action: "connected", actor: "ana", platform: "zoom", run: null, what: "Connected Zoom Team Chat as usersync@example.com." },
];

/** So many entries, newest first. */
export function auditOf(size: number): AuditEntry[] {
  return Array.from({ length: size }, (_, at): AuditEntry => {
    const id = size - at;
    const entry = WHAT[at % WHAT.length];
    if (!entry) throw new Error("there are words");
    return { id, at: minutesAgo(4 + at * 3), person: null, hash: hash(id), ...entry };
  });
}

export function auditPage(all: AuditEntry[], filter: AuditFilter, before: number | null): AuditPage {
  const asked = (["person", "run", "platform"] as const).filter((part) => filter[part]);
  const entries = all.filter((entry) => (before === null || entry.id < before) && asked.every((part) => entry[part] === filter[part])).slice(0, 100);
  const last = entries[entries.length - 1];
  return { entries, before: last !== undefined && last.id > 1 ? last.id : null };
}

export function verdictOf(all: AuditEntry[], head: string | null): AuditVerdict {
  const known = head === null || all.some((entry) => entry.hash === head);
  return { entries: all.length, head: all[0]?.hash ?? "", broken: known ? null : { id: all.length, why: "The noted hash does not stand in the log: entries were cut off." } };
}
