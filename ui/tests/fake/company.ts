// A made-up company of any size: the same people each time, with names that nobody has.

import type { Action, PersonRow, PlatformSheet, Reason, Status, SyncCell } from "../../src/lib/bindings";

const FIRST = ["Ana", "Bo", "Cleo", "Dario", "Elin", "Fadi", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Levi", "Mara", "Nils", "Olga", "Pia", "Quinn", "Rosa", "Sami", "Tove"];
const LAST = ["Ampelwerk", "Birkenfels", "Coralton", "Dunmorrow", "Eskerby", "Farnhollow", "Glimmeth", "Harrowick", "Ilverstone", "Juniperath", "Kestrelow"];

/** The same pseudo-random number from 0 up to 1 for the same seed. */
function chance(seed: number): number {
  let x = (seed + 1) * 2654435761;
  x = Math.imul(x ^ (x >>> 15), 2246822519);
  x = Math.imul(x ^ (x >>> 13), 3266489917);
  return ((x ^ (x >>> 16)) >>> 0) / 4294967296;
}

export const ownDomain: Reason = {
  kind: "own_domain",
  message: "The tenant refuses guests from its own domain example.com.",
  remedy: "Give the person a licensed account there, or make it their primary platform.",
  act: null,
};
export const signedOut = (platform: PlatformSheet): Reason => ({
  kind: "signed_out",
  message: `${platform.name} no longer accepts the sign-in of this connection.`,
  remedy: `Sign in to ${platform.name} again; the sync goes on by itself.`,
  act: { act: "connect", platform: platform.id },
});

function blockOf(sheet: PlatformSheet, primary: string | null, hasAccount: boolean, person: string): Reason | null {
  if (primary === null) {
    return { kind: "choose_primary", message: "No primary platform is chosen yet.", remedy: "Choose where the person works daily.", act: { act: "choose_primary", person } };
  }
  if (!hasAccount && sheet.stand_in === null) {
    return { kind: "needs_account", message: `Direct messages on ${sheet.name} need an account there.`, remedy: `Give the person a ${sheet.name} account, then import again.`, act: null };
  }
  return null;
}

function actionOf(sheet: PlatformSheet, hasAccount: boolean): Action {
  if (hasAccount && sheet.own_account) return "prompt";
  return sheet.stand_in === "guest" ? "invite_guest" : "create_bot";
}

function cell(sheet: PlatformSheet, primary: string | null, hasAccount: boolean, seed: number, person: string): SyncCell {
  const block = blockOf(sheet, primary, hasAccount, person);
  const drawn = chance(seed);
  const status: Status = block ? "not_synced" : drawn < 0.42 ? "synced" : drawn < 0.55 ? "pending" : drawn < 0.62 ? "failed" : "not_synced";
  const representation = hasAccount && sheet.own_account ? "own_account" : sheet.stand_in;
  const details = ["prompted", "queued", "code_expired", "provisioning"];
  return {
    status,
    detail: status === "pending" ? (details[Math.floor(chance(seed + 7) * details.length)] ?? null) : null,
    representation: status === "not_synced" ? null : representation,
    reason: status === "failed" ? (sheet.stand_in === "guest" ? ownDomain : signedOut(sheet)) : null,
    action: block || status === "synced" || status === "pending" ? null : actionOf(sheet, hasAccount),
    block,
  };
}

export function company(size: number, platforms: PlatformSheet[]): PersonRow[] {
  return Array.from({ length: size }, (_, index): PersonRow => {
    const name = `${FIRST[index % FIRST.length]} ${LAST[Math.floor(index / FIRST.length + index * 7) % LAST.length]}`;
    const number = index < FIRST.length * LAST.length ? "" : String(index);
    const email = index % 97 === 13 ? null : `${name.toLowerCase().replace(" ", ".")}${number}@example.com`;
    const id = `person-${index}`;
    const having = platforms.filter((_, at) => at === index % platforms.length || chance(index * 11 + at) < 0.35).map((sheet) => sheet.id);
    const primary = having.length === 1 || chance(index * 5 + 3) < 0.8 ? (having[0] ?? null) : null;
    const accounts = Object.fromEntries(having.map((platform) => [platform, { id: `${platform}-${index}`, email, active: true, kind: "person" }]));
    const others = platforms.filter((sheet) => sheet.id !== primary);
    const syncs = Object.fromEntries(others.map((sheet, at) => [sheet.id, cell(sheet, primary, having.includes(sheet.id), index * 13 + at, id)]));
    return { id, name: number === "" ? name : `${name} ${number}`, email, offered: true, primary, primary_choices: having, accounts, syncs };
  });
}
