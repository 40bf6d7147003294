// What a confirmation would say of some people.

import type { PersonRow, PlatformSheet, PreviewRow, PrimaryPreview, ReasonCount, Reason, ResetPreview, SyncPreview } from "../../src/lib/bindings";

function counted(reasons: Reason[]): ReasonCount[] {
  const byKind = new Map<string, ReasonCount>();
  for (const reason of reasons) {
    const known = byKind.get(reason.kind);
    if (known) known.count += 1;
    else byKind.set(reason.kind, { reason, count: 1 });
  }
  return [...byKind.values()];
}

const STEPS = {
  prompt: ["Send a direct message with a link and a code", "Wait until the person authorises", "Check that it is the expected person"],
  create_bot: ["Create a bot that represents the person"],
  invite_guest: ["Invite a guest account that represents the person"],
  none: [],
};

export function previewSync(people: PersonRow[], sheet: PlatformSheet | undefined, sheets: PlatformSheet[]): SyncPreview {
  const to = sheet?.id ?? "";
  const rows = people.filter((person) => person.primary !== to).map((person): PreviewRow => {
    const cell = person.syncs[to];
    const action = cell?.action ?? null;
    return { person: person.id, name: person.name, primary: person.primary, has_account: to in person.accounts, action, steps: action ? STEPS[action] : [], reason: cell?.block ?? null };
  });
  const of = (action: PreviewRow["action"]) => rows.filter((row) => row.action === action).length;
  const byHand = sheets.filter((one) => !one.poll_answers && rows.some((row) => row.action === "prompt" && row.primary === one.id));
  return {
    to,
    total: people.length,
    prompts: of("prompt"),
    bots: of("create_bot"),
    guests: of("invite_guest"),
    already: rows.filter((row) => row.action === null && row.reason === null).length,
    blocked: rows.filter((row) => row.reason !== null).length,
    reasons: counted(rows.flatMap((row) => row.reason ?? [])),
    people: rows.slice(0, 100),
    answers_by_hand: byHand.map((one) => one.id),
    answers: {},
    held: [],
  };
}

const going = (person: PersonRow) => Object.entries(person.syncs).filter(([, cell]) => cell.status !== "not_synced");

export function previewPrimary(people: PersonRow[], to: string): PrimaryPreview {
  const changes = people.filter((person) => person.primary !== to && to in person.accounts);
  const resets = changes.filter((person) => person.primary !== null && going(person).length > 0);
  const without: Reason = { kind: "needs_account", message: "The person has no account there.", remedy: "Import again once they have one.", act: null };
  return {
    to,
    changes: changes.length,
    unchanged: people.filter((person) => person.primary === to).length,
    resets: resets.length,
    refused: counted(people.filter((person) => !(to in person.accounts)).map(() => without)),
    would_reset: resets.slice(0, 100).map((person) => ({ person: person.id, name: person.name, platforms: going(person).map(([platform]) => platform) })),
    held: [],
  };
}

export function previewReset(people: PersonRow[], sheets: PlatformSheet[]): ResetPreview {
  const cells = (platform: string) => people.filter((person) => going(person).some(([id]) => id === platform)).length;
  const here = sheets.map((sheet) => ({ sheet, count: cells(sheet.id) })).filter(({ count }) => count > 0);
  return {
    people: people.length,
    goes: here.map(({ sheet, count }) => ({ what: `The sync to ${sheet.name}`, count })),
    stays: here
      .filter(({ sheet }) => sheet.stand_in !== null && !sheet.stand_in_removable)
      .map(({ sheet, count }) => ({ left: { what: `The bot on ${sheet.name}`, why: `${sheet.name} offers no way to remove it.`, link: null }, count })),
    held: [],
  };
}
