// What is open over the table of the User Sync page: at most one dialog and one drawer.
// The table only says what was pressed; the dialogs and the drawer decide what to show. Knows no component.

import type { PersonRow, Selection } from "../../lib/bindings";

/** A dialog over the page. */
export type OpenDialog =
  | { kind: "sync"; person: PersonRow; platform: string }
  | { kind: "bulk_sync"; selection: Selection; platform: string }
  | { kind: "reset"; selection: Selection }
  /** Without a platform the dialog asks for one; that is for one person. */
  | { kind: "primary"; selection: Selection; platform: string | null }
  | { kind: "prompt_again"; person: PersonRow; platform: string }
  | { kind: "cancel_sync"; person: PersonRow; platform: string }
  | { kind: "send_anew"; person: PersonRow; platform: string }
  | { kind: "links"; person: PersonRow }
  | { kind: "conflicts" };

/** The drawer at the right; `platform` is the one whose details were opened first, or null for the whole timeline. */
export type OpenDrawer = { person: PersonRow; platform: string | null };

/** What is open now. One object per page, shared by the table, the dialogs and the drawer. */
export class Actions {
  current = $state.raw<OpenDialog | null>(null);
  drawer = $state.raw<OpenDrawer | null>(null);

  openSync = (person: PersonRow, platform: string): void => {
    this.current = { kind: "sync", person, platform };
  };

  openBulkSync = (selection: Selection, platform: string): void => {
    this.current = { kind: "bulk_sync", selection, platform };
  };

  openReset = (selection: Selection): void => {
    this.current = { kind: "reset", selection };
  };

  openPrimary = (selection: Selection, platform: string | null): void => {
    this.current = { kind: "primary", selection, platform };
  };

  openPromptAgain = (person: PersonRow, platform: string): void => {
    this.current = { kind: "prompt_again", person, platform };
  };

  openCancelSync = (person: PersonRow, platform: string): void => {
    this.current = { kind: "cancel_sync", person, platform };
  };

  openSendAnew = (person: PersonRow, platform: string): void => {
    this.current = { kind: "send_anew", person, platform };
  };

  openLinks = (person: PersonRow): void => {
    this.current = { kind: "links", person };
  };

  openConflicts = (): void => {
    this.current = { kind: "conflicts" };
  };

  openDetails = (person: PersonRow, platform: string): void => {
    this.drawer = { person, platform };
  };

  openTimeline = (person: PersonRow): void => {
    this.drawer = { person, platform: null };
  };

  closeDialog = (): void => {
    this.current = null;
  };

  closeDrawer = (): void => {
    this.drawer = null;
  };
}
