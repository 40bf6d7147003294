// Words of "Undo this run".

import { count as figure, counted } from "../format";

const syncs = (number: number): string => counted(number, "sync", "syncs");

export const undoTexts = {
  action: "Undo this run…",
  actionLabel: (run: string) => `Undo ${run}…`,
  title: (run: string, started: string) => `Undo “${run}” of ${started}?`,
  lead: (number: number) =>
    number === 1
      ? "The one sync that this run made ends and can be started anew. Syncs of other runs stay as they are, and so does every choice of a primary platform."
      : `Exactly the ${figure(number)} syncs that this run made end and can be started anew. Syncs of other runs stay as they are, and so does every choice of a primary platform.`,
  gone: (number: number) =>
    number === 1 ? "1 more that it made is gone already." : `${figure(number)} more that it made are gone already.`,
  nothing: "Nothing that this run made still stands, so there is nothing to undo.",
  confirm: (number: number) => `Undo ${syncs(number)}`,
  begun: (number: number) => `The undoing of ${syncs(number)} has begun.`,
};
