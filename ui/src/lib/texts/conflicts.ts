// Words of the conflicts inbox.

import { counted as count } from "../format";

export const conflicts = {
  title: "Decide conflicts",
  lead: "These accounts share an address, and it is not certain that they are one human. Nothing is guessed: you decide, once. Later imports keep your decision.",
  position: (at: number, all: number) => `${at} of ${all}`,
  shared: (addresses: string[]) =>
    addresses.length === 0 ? "These accounts were connected through others." : `Shared ${addresses.length === 1 ? "address" : "addresses"}: ${addresses.join(", ")}`,
  fields: { platform: "Platform", name: "Name", email: "E-mail", state: "State" },
  same: "Same",
  differs: "Differs",
  active: "Active",
  inactive: "Deactivated",
  none: "None",
  pick: (name: string, platform: string) => `${name} on ${platform} belongs to this person`,
  belongs: "Same person",
  link: "Link as one person",
  linkMeans: (platforms: string) => `The chosen accounts (${platforms}) become one person: one row, one primary platform.`,
  linkNeeds: "Choose two accounts at least, one on each platform.",
  onePerPlatform: "A person has one account on each platform, so of those on the same platform only one can be chosen.",
  apart: "Keep apart",
  apartMeans: "Each account stays a person of its own. The shared address connects them no more.",
  later: "Decide later",
  laterMeans: "Nothing changes; the conflict stays in this list.",
  linked: "Linked as one person.",
  kept: "Kept apart.",
  none_left: "No conflicts to decide",
  noneLeftText: "When an import finds accounts that may be one human, they stand here until you decide.",
  laterLeft: (left: number) => `${count(left, "conflict is", "conflicts are")} left for later`,
  laterLeftText: "Nothing was changed about them.",
  over: "Go through them again",
  loading: "Reading the conflicts…",
};
