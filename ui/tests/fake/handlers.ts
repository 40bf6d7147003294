// The plain answer to every command.

import type { AuditFilter, Failed, Filter, PersonRow, PlatformCard, RunView, Selection, Sort, Startup, StopLimits } from "../../src/lib/bindings";
import { auditPage, verdictOf } from "./audit";
import { TODAY, type Args, type FakeBackend, type Handler } from "./backend";
import { guideOf } from "./guides";
import { facets, listed, selected } from "./lists";
import { LIMITS, undoOf } from "./runs";
import { previewPrimary, previewReset, previewSync } from "./previews";

const notFound = { kind: "not_found", platform: null, message: "This is no longer there.", remedy: "Look at the list anew.", act: null };

export function handlers(fake: FakeBackend): { [command in string]: Handler } {
  const given = <T>(args: Args, name: string) => args[name] as T;
  const person = (id: string): PersonRow => {
    const found = fake.people.find((one) => one.id === id);
    if (!found) throw notFound;
    return found;
  };
  const listing = (args: Args): PersonRow[] => {
    const rows = fake.listings[given<number>(args, "listing")];
    if (!rows) throw notFound;
    return rows;
  };
  const cardOf = (platform: string): PlatformCard => {
    const found = fake.cards.find((card) => card.platform === platform);
    if (!found) throw notFound;
    return found;
  };
  const run = (id: string): RunView => {
    const found = fake.runs.find((one) => one.id === id);
    if (!found) throw notFound;
    return found;
  };
  const runs = async (args: Args, changes: Partial<RunView>) => {
    // An import that was only told of is not listed.
    const known = fake.runs.find((one) => one.id === given<string>(args, "run"));
    if (known) Object.assign(known, changes);
    await fake.changed({ runs: true });
    return null;
  };
  const saved = (rows: number) => ({ path: "/home/ana/Downloads/user-sync 2026-11-20.csv", rows });
  const began = async (people: string[]) => {
    await fake.changed({ people, runs: true });
    return "run-1";
  };
  const realm = (to: "live" | "demo"): Startup => {
    if (fake.startup.state === "ready") fake.startup = { state: "ready", world: { ...fake.startup.world, realm: to, first_start: false } };
    return fake.startup;
  };

  return {
    startup: () => fake.startup,
    open_again: () => fake.startup,
    open_demo: () => realm("demo"),
    leave_demo: () => realm("live"),

    list_people: (args) => {
      const filter = given<Filter>(args, "filter");
      const rows = listed(fake.people, filter, given<Sort>(args, "sort"));
      const id = fake.listings.push(rows) - 1;
      return { id, total: rows.length, everyone: fake.people.length, facets: facets(fake.people, filter), conflicts: fake.conflicts.length };
    },
    people_window: (args) => {
      const from = given<number>(args, "from");
      const ids = listing(args).slice(from, from + given<number>(args, "count"));
      return ids.map((one) => fake.people.find((now) => now.id === one.id) ?? one);
    },
    people_by_id: (args) => fake.people.filter((one) => given<string[]>(args, "people").includes(one.id)),
    position_of: (args) => {
      const at = listing(args).findIndex((one) => one.id === given<string>(args, "person"));
      return at < 0 ? null : at;
    },
    timeline: () => ({ entries: [], before: null }),
    conflicts: () => fake.conflicts,
    keep_apart: async (args) => {
      fake.conflicts = fake.conflicts.filter((conflict) => conflict.id !== given<string>(args, "conflict"));
      await fake.changed({ everyone: true });
    },
    link_account: () => fake.changed({ everyone: true }),
    unlink_account: () => fake.changed({ everyone: true }),
    find_accounts: (args) => {
      const text = given<string>(args, "text").toLowerCase();
      const hits = fake.people.flatMap((one) =>
        Object.entries(one.accounts).map(([platform, account]) => ({ person: one.id, person_name: one.name, platform, id: account.id, name: one.name, email: account.email })),
      );
      return hits.filter((hit) => `${hit.name} ${hit.email}`.toLowerCase().includes(text)).slice(0, 20);
    },
    preview_primary: (args) => previewPrimary(selected(fake.people, given<Selection>(args, "selection")), given<string>(args, "to")),
    set_primary: async (args) => {
      const people = selected(fake.people, given<Selection>(args, "selection"));
      const to = given<string>(args, "to");
      for (const one of people) {
        one.primary = to;
        delete one.syncs[to];
      }
      await fake.changed({ people: people.map((one) => one.id) });
      return { changed: people.length, unconfirmed: 0, held: [], failed: 0 };
    },
    export_people: () => saved(fake.people.length),
    show_in_folder: () => null,

    preview_sync: (args) => previewSync(selected(fake.people, given<Selection>(args, "selection")), fake.sheets.find((sheet) => sheet.id === given<string>(args, "to")), fake.sheets),
    sync: (args) => {
      const people = selected(fake.people, given<Selection>(args, "selection"));
      for (const one of people) {
        const cell = one.syncs[given<string>(args, "to")];
        if (cell && cell.action !== null) Object.assign(cell, { status: "pending", detail: "queued", action: null, reason: null });
      }
      return began(people.map((one) => one.id));
    },
    prompt_again: (args) => began([given<string>(args, "person")]),
    cancel_sync: async (args) => {
      const cell = person(given<string>(args, "person")).syncs[given<string>(args, "to")];
      if (cell) Object.assign(cell, { status: "not_synced", detail: null, action: "prompt" });
      await fake.changed({ people: [given<string>(args, "person")] });
      return { undone: ["The prompt was withdrawn."], left: [] };
    },
    check_answers: () => null,
    preview_reset: (args) => previewReset(selected(fake.people, given<Selection>(args, "selection")), fake.sheets),
    reset: (args) => began(selected(fake.people, given<Selection>(args, "selection")).map((one) => one.id)),

    platforms: () => fake.cards,
    connect: () => null,
    cancel_connect: () => null,
    setup_guide: (args) => guideOf(given<string>(args, "platform"), given<{ [field in string]: string }>(args, "entered")),
    check_field: (args) => ({ field: given<string>(args, "field"), state: "looks", says: "", waits_for: [], missing: [] }),
    open_page: () => null,
    answer: (args) => {
      const connection = cardOf(given<string>(args, "platform")).connection;
      if (connection) connection.answers = given<{ [key in string]: string }>(args, "answers");
    },
    teams: () => ["Design", "Engineering", "Finance", "People", "Sales"].map((name, index) => ({ id: `team-${index}`, name, chosen: index === 1 })),
    choose_teams: () => null,
    preview_import: (args) => ({
      platforms: Object.fromEntries(given<string[]>(args, "platforms").map((platform) => [platform, { accounts: 412, new: 9, changed: 2, gone: 3 }])),
      errors: {},
      people: { new: 9, changed: 2, gone: 3, syncs_touched: 4, conflicts: 1 },
    }),
    cancel_preview_import: () => null,
    import_people: () => began([]),
    disconnect: async (args) => {
      Object.assign(cardOf(given<string>(args, "platform")), { connection: null });
      await fake.changed({ connections: true, everyone: true });
      return { platform: given<string>(args, "platform"), syncs: {}, grants: 0, gone: [], left: [] };
    },
    security: () => fake.security,
    grant_key: () => fake.security.key,
    rotate_key: () => {
      const key = fake.security.key;
      if (key) fake.security.key = { ...key, since: new Date(TODAY).toISOString() };
      return fake.security.key;
    },
    ask_lost_again: async () => {
      const asked = fake.security.key?.people ?? 0;
      fake.security.key = { state: "good", grants: 0, people: 0, since: new Date(TODAY).toISOString() };
      await fake.changed({ everyone: true, connections: true });
      return asked;
    },

    runs: () => fake.runs,
    run_people: () => ({ total: 0, counts: {}, rows: [] }),
    cancel_run: (args) => runs(args, { state: "cancelled", waits: null, held: 0, ended_at: new Date(TODAY).toISOString() }),
    pause_run: (args) => runs(args, { state: "paused", waits: "paused", time_left: null }),
    resume_run: (args) => runs(args, { state: "running", waits: null }),
    approve_run: async (args) => {
      const held = run(given<string>(args, "run")).held;
      await runs(args, { held: 0, waits: null });
      return held;
    },
    preview_undo: (args) => undoOf(run(given<string>(args, "run"))),
    undo_run: async (args) => {
      await runs(args, { undoable: 0 });
      return began([]);
    },
    failures: () => fake.failures,
    retry_failed: async (args) => {
      const { platform, kind } = given<Failed>(args, "which");
      fake.failures = fake.failures.filter((one) => (platform !== null && one.platform !== platform) || (kind !== null && one.reason.kind !== kind));
      return [await began([])];
    },
    send_anew: (args) => fake.changed({ people: [given<string>(args, "person")] }),
    audit: (args) => auditPage(fake.audit, given<AuditFilter>(args, "filter"), given<number | null>(args, "before")),
    verify_audit: (args) => verdictOf(fake.audit, given<string | null>(args, "head")),
    export_audit: (args) => ({ path: `/home/ana/Downloads/user-sync audit log 2026-11-20.${given<string>(args, "format")}`, rows: fake.audit.length }),
    stop_limits: () => ({ limits: fake.limits, defaults: LIMITS }),
    set_stop_limits: (args) => {
      fake.limits = given<StopLimits>(args, "limits");
      return null;
    },
    export_run: () => saved(12),

    open_data_folder: () => null,
  };
}
