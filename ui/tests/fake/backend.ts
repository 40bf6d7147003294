// The back end's contract kept in memory, for tests and for the preview. What a test needs otherwise it says with `on`.

import { emit } from "@tauri-apps/api/event";
import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import type { AuditEntry, Changed, ConflictView, Failure, PersonRow, PlatformCard, PlatformSheet, Problem, Progress, RunView, SecurityView, SignIn, Startup, StopLimits, World } from "../../src/lib/bindings";
import { company } from "./company";
import { handlers } from "./handlers";
import { LIMITS } from "./runs";
import { securityOf } from "./security";
import { sheets } from "./sheets";

export type Args = { [name in string]: never };
export type Handler = (args: Args) => unknown;
export type Options = { people?: number; connected?: string[]; realm?: World["realm"]; firstStart?: boolean };

/** The moment at which the made-up company lives, so that pictures and texts stay the same. */
export const TODAY = Date.parse("2026-11-20T09:30:00Z");
export const minutesAgo = (minutes: number): string => new Date(TODAY - minutes * 60_000).toISOString();

export const network: Problem = {
  kind: "network",
  platform: null,
  message: "The network cannot be reached.",
  remedy: "Check this computer's connection and try again.",
  act: null,
};

function card(sheet: PlatformSheet, people: PersonRow[], connected: boolean): PlatformCard {
  const cells = people.flatMap((person) => person.syncs[sheet.id] ?? []);
  const of = (status: string) => cells.filter((cell) => cell.status === status).length;
  return {
    platform: sheet.id,
    connection: connected
      ? {
          platform: sheet.id,
          name: sheet.name,
          tenant: `${sheet.id}-example`,
          tenant_name: "Example Works",
          sender: "usersync@example.com",
          signed_out: false,
          connected_at: minutesAgo(60 * 24 * 9),
          imported_at: minutesAgo(125),
          teams: [],
          answers: {},
          missing_scopes: [],
          fields: Object.fromEntries(sheet.fields.filter((field) => !field.secret && field.required).map((field) => [field.name, `${sheet.id}-${field.name}`])),
          kept: sheet.fields.filter((field) => field.secret && field.required).map((field) => field.name),
          cloud: sheet.clouds[0]?.title ?? "",
          left_out: [],
          advice: [],
        }
      : null,
    health: { state: connected ? "well" : "not_connected", offline: false, last_success: connected ? minutesAgo(2) : null, last_failure: null, throttled_until: null, token_expires: null, sign_in_ends: null },
    accounts: people.filter((person) => sheet.id in person.accounts).length,
    syncs: { synced: of("synced"), pending: of("pending"), failed: of("failed"), not_synced: of("not_synced") },
    waiting: 0,
    import: { run: null, accounts: 0, unfinished: false },
  };
}

export class FakeBackend {
  readonly sheets: PlatformSheet[] = structuredClone(sheets);
  people: PersonRow[];
  cards: PlatformCard[];
  runs: RunView[] = [];
  failures: Failure[] = [];
  audit: AuditEntry[] = [];
  limits: StopLimits = structuredClone(LIMITS);
  conflicts: ConflictView[] = [];
  startup: Startup;
  security: SecurityView;
  /** What was called, in order. */
  readonly calls: { command: string; args: Args }[] = [];
  readonly listings: PersonRow[][] = [];
  #handlers: { [command in string]: Handler };

  constructor({ people = 60, connected = sheets.map((sheet) => sheet.id), realm = "live", firstStart = false }: Options = {}) {
    const there = this.sheets.filter((sheet) => connected.includes(sheet.id));
    this.people = there.length === 0 ? [] : company(people, there);
    this.cards = this.sheets.map((sheet) => card(sheet, this.people, there.includes(sheet)));
    this.startup = { state: "ready", world: { realm, folder: "/home/ana/.local/share/user-sync", first_start: firstStart, version: "0.1.0", platforms: this.sheets } };
    this.security = securityOf(this.cards);
    this.#handlers = handlers(this);
  }

  /** Answers a command in another way; what the handler throws is the refusal. */
  on(command: string, handler: Handler): this {
    this.#handlers[command] = handler;
    return this;
  }

  refuse(command: string, problem: Problem = network): this {
    return this.on(command, () => {
      throw problem;
    });
  }

  /** Lets a command wait until the returned function is called; then it answers as before. */
  hold(command: string): () => void {
    const before = this.#handlers[command];
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    this.on(command, async (args) => {
      await held;
      return before?.(args);
    });
    return release;
  }

  /** What a command was called with, in order. */
  callsOf(command: string): Args[] {
    return this.calls.filter((call) => call.command === command).map((call) => call.args);
  }

  install(): this {
    mockIPC(
      async (command, args) => {
        const handler = this.#handlers[command];
        if (!handler) throw new Error(`the fake back end does not know ${command}`);
        this.calls.push({ command, args: (args ?? {}) as Args });
        const answer = await handler((args ?? {}) as Args);
        return structuredClone(answer ?? null);
      },
      { shouldMockEvents: true },
    );
    return this;
  }

  uninstall(): void {
    clearMocks();
  }

  changed(changed: Partial<Changed>): Promise<void> {
    return emit("changed", { people: [], everyone: false, connections: false, runs: false, ...changed });
  }

  progress(progress: Progress): Promise<void> {
    return emit("progress", progress);
  }

  signIn(signIn: SignIn): Promise<void> {
    return emit("sign-in", signIn);
  }
}
