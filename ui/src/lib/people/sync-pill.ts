// What a sync button says and does: its name for screen readers, its explanation, and what pressing it opens.
// The one place that reads a `SyncCell` for the table. Knows no element.

import type { PersonRow, PlatformSheet, Status, SyncCell } from "../bindings";
import { statusWord } from "../status";
import { texts } from "../texts/user-sync";

/** Pressing it opens the confirmation, or the details, or only explains why nothing can be done. */
export type Press = "sync" | "details" | "explain";

export type Pill = {
  platform: string;
  name: string;
  status: Status;
  press: Press;
  /** For example "Webex: Failed. The tenant refuses guests. Try again". */
  label: string;
  /** What stands behind the status, in words. */
  tip: string;
};

/** Blocks that nobody can lift from the dialog. */
const EXPLAINED_ONLY = new Set(["needs_account"]);

/** The buttons of a row, in the order in which people see platforms. */
export function pills(person: PersonRow, platforms: PlatformSheet[]): Pill[] {
  return platforms.flatMap((sheet) => {
    const cell = person.syncs[sheet.id];
    return cell ? [pill(cell, sheet)] : [];
  });
}

export function pill(cell: SyncCell, sheet: Pick<PlatformSheet, "id" | "name">): Pill {
  const press = pressOf(cell);
  const tip = tipOf(cell);
  const does = press === "explain" ? "" : texts.press[cell.block && cell.status === "not_synced" ? "blocked" : cell.status];
  const label = [`${sheet.name}: ${statusWord(cell.status)}`, tip, does].filter((part) => part !== "").map(ended).join(" ");
  return { platform: sheet.id, name: sheet.name, status: cell.status, press, label, tip };
}

function pressOf(cell: SyncCell): Press {
  if (cell.status === "synced" || cell.status === "pending") {
    return "details";
  }
  return cell.block && EXPLAINED_ONLY.has(cell.block.kind) ? "explain" : "sync";
}

function tipOf(cell: SyncCell): string {
  if (cell.status === "failed" && cell.reason) {
    return both(cell.reason);
  }
  if (cell.status === "not_synced") {
    return cell.block ? both(cell.block) : texts.action[cell.action ?? "none"];
  }
  return texts.detail(cell.detail) ?? texts.standsFor(cell.status, cell.representation);
}

function both(reason: { message: string; remedy: string }): string {
  return `${ended(reason.message)} ${ended(reason.remedy)}`;
}

function ended(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
