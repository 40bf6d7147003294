// How a platform stands, as pure functions over what the back end tells: one state, its notices, its import.

import type { Advice, MissingScope, PlatformCard, Reason, RunView } from "../bindings";

/** One word for the whole; the most urgent wins. */
export type State = "not_connected" | "connected" | "unreachable" | "throttled" | "signed_out";
export type Tone = "quiet" | "good" | "waiting" | "bad";

export function stateOf(card: PlatformCard): State {
  if (card.connection === null) {
    return "not_connected";
  }
  if (card.connection.signed_out || card.health.state === "signed_out") {
    return "signed_out";
  }
  return card.health.state === "unreachable" || card.health.state === "throttled" ? card.health.state : "connected";
}

const tones: Record<State, Tone> = {
  not_connected: "quiet",
  connected: "good",
  unreachable: "waiting",
  throttled: "waiting",
  signed_out: "bad",
};

export function toneOf(state: State): Tone {
  return tones[state];
}

/** What needs to be known at once; the words come from the texts. */
export type Notice =
  | { notice: "signed_out"; reason: Reason | null; waiting: number }
  | { notice: "unreachable"; reason: Reason | null }
  | { notice: "throttled"; until: string | null }
  | { notice: "ends"; what: Ending["what"]; at: string; over: boolean }
  | { notice: "lost_scopes"; scopes: MissingScope[] }
  | { notice: "advice"; advice: Advice };

/** What ends by itself, and when: a token that nothing renews, or a sign-in that nobody uses. */
export type Ending = { what: "token" | "sign_in"; at: string; nearness: "far" | "near" | "soon" | "over" };

const DAY = 24 * 60 * 60 * 1000;
/** From when on an end is counted down. */
const NEAR = 30 * DAY;
/** From when on it is a warning. */
const SOON = 7 * DAY;

/** The soonest end of a connection's tokens; null where nothing ends by itself. */
export function endingOf(card: PlatformCard, now: number): Ending | null {
  if (card.connection === null || stateOf(card) === "signed_out") {
    return null;
  }
  const { token_expires, sign_in_ends } = card.health;
  const what = token_expires !== null && (sign_in_ends === null || Date.parse(token_expires) <= Date.parse(sign_in_ends)) ? "token" : "sign_in";
  const at = what === "token" ? token_expires : sign_in_ends;
  if (at === null) {
    return null;
  }
  const left = Date.parse(at) - now;
  return { what, at, nearness: left <= 0 ? "over" : left <= SOON ? "soon" : left <= NEAR ? "near" : "far" };
}

export function noticesOf(card: PlatformCard, now: number): Notice[] {
  const { connection, health } = card;
  if (connection === null) {
    return [];
  }
  const state = stateOf(card);
  const notices: Notice[] = [];
  if (state === "signed_out") {
    notices.push({ notice: "signed_out", reason: health.last_failure, waiting: card.waiting });
  }
  if (state === "unreachable") {
    notices.push({ notice: "unreachable", reason: health.last_failure });
  }
  if (state === "throttled") {
    notices.push({ notice: "throttled", until: health.throttled_until });
  }
  const ending = endingOf(card, now);
  if (ending !== null && (ending.nearness === "soon" || ending.nearness === "over")) {
    notices.push({ notice: "ends", what: ending.what, at: ending.at, over: ending.nearness === "over" });
  }
  if (connection.missing_scopes.length > 0) {
    notices.push({ notice: "lost_scopes", scopes: connection.missing_scopes });
  }
  for (const advice of connection.advice) {
    notices.push({ notice: "advice", advice });
  }
  return notices;
}

/** The newest import that read this platform; runs come newest first, and one without a platform read all. */
export function lastImportRun(runs: RunView[], platform: string): RunView | null {
  return runs.find((run) => run.kind === "import" && (run.platform === platform || run.platform === null)) ?? null;
}

/** Where the import of one platform is. */
export type Importing =
  | { at: "idle" }
  | { at: "starting" }
  | { at: "running"; run: string; read: number; cancelling: boolean }
  | { at: "unfinished"; read: number; problem: Reason | null }
  | { at: "failed"; problem: Reason };

export function importingOf(
  card: PlatformCard,
  run: RunView | null,
  told: { run: string | null; starting: boolean; read: number | undefined; cancelling: boolean },
): Importing {
  if (told.run !== null) {
    return { at: "running", run: told.run, read: Math.max(told.read ?? 0, card.import.accounts), cancelling: told.cancelling };
  }
  if (told.starting) {
    return { at: "starting" };
  }
  const problem = run !== null && run.state === "failed" && mentions(run.problem, card.platform, run.platform) ? run.problem : null;
  if (card.import.unfinished) {
    return { at: "unfinished", read: card.import.accounts, problem };
  }
  return problem === null ? { at: "idle" } : { at: "failed", problem };
}

/** Whether a run's problem is this platform's: its own run, or a run over all whose next step names it. */
function mentions(problem: Reason | null, platform: string, only: string | null): problem is Reason {
  if (problem === null) {
    return false;
  }
  if (only !== null) {
    return only === platform;
  }
  return problem.act !== null && "platform" in problem.act && problem.act.platform === platform;
}

/** The permissions that a platform asks for, by token, in its own order. */
export function scopesBySlot<S extends { slot: string }>(scopes: S[]): { slot: string; scopes: S[] }[] {
  const groups: { slot: string; scopes: S[] }[] = [];
  for (const scope of scopes) {
    const group = groups.find((group) => group.slot === scope.slot);
    if (group === undefined) {
      groups.push({ slot: scope.slot, scopes: [scope] });
    } else {
      group.scopes.push(scope);
    }
  }
  return groups;
}
