// Words of the frame around every page: sidebar, banners, status line.

import type { Health, RunKind } from "../bindings";
import { about, counted } from "../format";

type Run = RunKind;

const RUNNING: { [kind in Run]: string } = { import: "Importing", sync: "Syncing", reset: "Resetting", undo: "Undoing a run" };

const PREPOSITION: { [kind in Run]: string } = { import: "from", sync: "to", reset: "on", undo: "on" };

export const frame = {
  product: "User Sync",
  pages: { "user-sync": "User Sync", platforms: "Platforms", activity: "Activity", settings: "Settings", security: "Security" },
  navigation: "Pages",
  connections: "Connections",
  health: {
    not_connected: "Not connected",
    well: "Connected",
    unreachable: "Unreachable",
    throttled: "Slowed down",
    signed_out: "Signed out",
    unknown: "Connected, not tried yet",
  } satisfies { [state in Health["state"]]: string },
  connection: (platform: string, state: string) => `${platform}: ${state}`,
  notices: "Notices",
  demo: "Demo company",
  demoBanner: "You are exploring a demo company: nobody real is asked anything.",
  leaveDemo: "Leave the demo",
  offline: (imported: string | null) =>
    imported === null
      ? "No platform can be reached. What you start now waits for the network."
      : `No platform can be reached. People are shown as of the last import ${imported}; what you start now waits for the network.`,
  ready: "Ready",
  lastImport: (when: string) => `Last import ${when}`,
  noImport: "Nothing imported yet",
  running: (kind: Run, platform: string | null) => (platform === null ? RUNNING[kind] : `${RUNNING[kind]} ${PREPOSITION[kind]} ${platform}`),
  progress: (done: string, total: string | null) => (total === null ? done : `${done} of ${total}`),
  timeLeft: (seconds: number) => `${about(seconds)} left`,
  waits: {
    paused: (what: string) => `${what}: paused`,
    approval: (what: string, held: string) => `${what}: ${held} more wait for your approval`,
    sign_in: (what: string) => `${what}: waits for the sign-in`,
  },
  signedOut: (platform: string, waiting: number) =>
    waiting === 0
      ? `${platform} has signed User Sync out. What you start there waits until you sign in again.`
      : `${platform} has signed User Sync out: ${counted(waiting, "person waits", "people wait")} until you sign in again. Nobody fails meanwhile.`,
  signIn: "Sign in again",
  moreRuns: (more: number) => `and ${counted(more, "other run", "other runs")}`,
  runEnded: { import: "The import has ended.", sync: "The sync run has ended.", reset: "The reset has ended.", undo: "The undoing of a run has ended." } satisfies { [kind in Run]: string },
  opening: "Opening your data…",
};
