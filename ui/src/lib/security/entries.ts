// What an entry of the keychain is, read off its name: "slack/bot", "slack/field/client_secret", "grants/key".

export type Entry =
  | { kind: "token"; name: string; platform: string; slot: string }
  | { kind: "field"; name: string; platform: string; field: string }
  | { kind: "key"; name: string };

/** The entries of one platform, or those of none. */
export type EntryGroup = { platform: string | null; entries: Entry[] };

function entryOf(name: string, platforms: readonly string[]): Entry {
  const [platform = "", ...rest] = name.split("/");
  if (!platforms.includes(platform)) return { kind: "key", name };
  return rest[0] === "field" ? { kind: "field", name, platform, field: rest.slice(1).join("/") } : { kind: "token", name, platform, slot: rest.join("/") };
}

/** By platform, in their order; what belongs to none is last. */
export function entryGroups(names: readonly string[], platforms: readonly string[]): EntryGroup[] {
  const entries = names.map((name) => entryOf(name, platforms));
  const of = (platform: string | null) => entries.filter((entry) => (entry.kind === "key" ? null : entry.platform) === platform);
  return [...platforms, null].map((platform) => ({ platform, entries: of(platform) })).filter((group) => group.entries.length > 0);
}
