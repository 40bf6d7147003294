// What can be done about one sync, by its status: the product's table as data for the drawer.

import type { PlatformSheet, SyncCell } from "../bindings";

export type CellAction = "start" | "try_again" | "prompt_again" | "cancel" | "check_answers" | "send_anew";

/** The platform will not tell whether it happened. */
export const PERHAPS_DONE = "perhaps_done";

/** The actions of a sync, the most likely first. `primary` carries the prompts. */
export function cellActions(cell: SyncCell, primary: PlatformSheet | null): CellAction[] {
  const prompted = cell.representation === "own_account" && ["prompted", "code_expired", "wrong_person"].includes(cell.detail ?? "");
  switch (cell.status) {
    case "not_synced":
      return cell.block === null ? ["start"] : [];
    case "failed":
      // Trying again looks first; that it did not happen is only the admin's to say.
      return cell.reason?.kind === PERHAPS_DONE ? ["try_again", "send_anew"] : ["try_again"];
    case "pending": {
      if (cell.detail === "cancelling" || cell.detail === "resetting") return [];
      const byHand = primary !== null && !primary.poll_answers;
      return prompted ? [...(byHand ? (["check_answers"] as const) : []), "prompt_again", "cancel"] : ["cancel"];
    }
    case "synced":
      return [];
  }
}
