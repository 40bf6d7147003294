// Words of the preview of an import.

import type { PeopleChange } from "../bindings";
import { counted } from "../format";

export const importPreviewTexts = {
  action: "Preview import…",
  title: (platform: string) => `What importing ${platform} would change`,
  reading: (platform: string) => `Everybody on ${platform} is read, as an import does; nothing is changed. A large company takes a while.`,
  read: (accounts: number) => `${counted(accounts, "account", "accounts")} read. Nothing was changed yet.`,
  people: "What would become of people",
  lines: ({ new: added, changed, gone, syncs_touched, conflicts }: PeopleChange) =>
    [
      { count: added, text: added === 1 ? "person would be listed for the first time" : "people would be listed for the first time" },
      { count: changed, text: changed === 1 ? "person would be listed in another way" : "people would be listed in another way" },
      { count: gone, text: gone === 1 ? "person would be listed no more" : "people would be listed no more" },
      { count: syncs_touched, text: syncs_touched === 1 ? "sync of these people, which stays as it is" : "syncs of these people, which stay as they are" },
      { count: conflicts, text: conflicts === 1 ? "conflict would wait for you" : "conflicts would wait for you" },
    ].filter((line) => line.count > 0),
  nothing: "Nobody would be listed in another way than now.",
  confirm: "Import now",
  begun: (platform: string) => `The import from ${platform} has begun.`,
};
