// What is kept where, as the back end tells it.

import type { PlatformCard, SecurityView } from "../../src/lib/bindings";
import { guideOf } from "./guides";
import { sheets } from "./sheets";

export function securityOf(cards: PlatformCard[]): SecurityView {
  const connected = cards.filter((card) => card.connection !== null).map((card) => card.platform);
  const entries = sheets.filter(({ id }) => connected.includes(id)).flatMap((sheet) => {
    const tokens = sheet.slots.filter((slot) => !slot.optional);
    const fields = sheet.fields.filter((field) => field.secret && field.required && tokens.every((slot) => slot.field !== field.name));
    return [...tokens.map((slot) => `${sheet.id}/${slot.name}`), ...fields.map((field) => `${sheet.id}/field/${field.name}`)];
  });
  return {
    folder: "/home/ana/.local/share/user-sync",
    database: "/home/ana/.local/share/user-sync/user-sync.db",
    secrets: "User Sync",
    in_keychain: true,
    entries: [...entries, "grants/key"],
    entries_problem: null,
    key: { state: "good", grants: 214, people: 198, since: "2026-09-02T08:00:00Z" },
    platforms: sheets.map((sheet) => {
      const guide = guideOf(sheet.id, {});
      return { platform: sheet.id, name: sheet.name, connected: connected.includes(sheet.id), how: guide.off_switch, link: guide.off_switch_link };
    }),
  };
}
