import { beforeEach, expect, onTestFinished, test, vi } from "vitest";

import { FakeBackend, network } from "../../../tests/fake/backend";
import { importRun } from "../../../tests/fake/runs";
import type { PlatformCard, Progress, RunView } from "../bindings";
import { PlatformsPage } from "./platforms-page.svelte";

let fake: FakeBackend;

beforeEach(() => {
  fake = new FakeBackend({ people: 8 }).install();
  onTestFinished(() => fake.uninstall());
});

async function loaded(ended?: (run: RunView) => void): Promise<PlatformsPage> {
  const page = new PlatformsPage(ended);
  await page.load();
  return page;
}

function card(page: PlatformsPage, platform = "slack"): PlatformCard {
  const found = page.cards.find((card) => card.platform === platform);
  if (!found) throw new Error(`no card ${platform}`);
  return found;
}

function running(platform: string, run: string | null, accounts = 0): void {
  fake.cards = fake.cards.map((card) => (card.platform === platform ? { ...card, import: { run, accounts, unfinished: false } } : card));
}

const progress = (changes: Partial<Progress>): Progress => ({
  run: "9", kind: "import", platform: "slack", done: 0, total: null, seconds_left: null, ended: false, ...changes,
});

test("a_page_that_cannot_be_read_says_why_and_comes_back", async () => {
  fake.refuse("platforms");
  const page = await loaded();
  expect([page.phase, page.problem]).toEqual(["failed", network]);
  fake.on("platforms", () => fake.cards);
  await page.load();
  expect([page.phase, page.problem, page.connected]).toEqual(["ready", null, 4]);
});

test("a_later_failure_leaves_what_was_read_in_sight", async () => {
  const page = await loaded();
  fake.refuse("platforms");
  await page.load();
  expect([page.phase, page.problem, page.cards.length]).toEqual(["ready", network, 4]);
});

test("only_changes_that_concern_the_page_are_read", async () => {
  const page = await loaded();
  const before = fake.calls.length;
  page.heardChanged({ people: ["1"], everyone: false, connections: false, runs: false });
  expect(fake.calls.length).toBe(before);
  page.heardChanged({ people: [], everyone: false, connections: true, runs: false });
  expect(fake.calls.length).toBeGreaterThan(before);
});

test("an_import_pressed_twice_begins_once_and_shows_at_once_that_it_begins", async () => {
  const release = fake.hold("import_people");
  const page = await loaded();
  const both = [page.import(["slack"]), page.import(["slack"])];
  expect(page.importing(card(page)).at).toBe("starting");
  running("slack", "9", 10);
  release();
  await Promise.all(both);
  expect(fake.callsOf("import_people")).toEqual([{ platforms: ["slack"] }]);
  expect(page.importing(card(page))).toEqual({ at: "running", run: "9", read: 10, cancelling: false });
});

test("an_import_that_cannot_begin_says_so_at_its_platform", async () => {
  fake.refuse("import_people");
  const page = await loaded();
  await page.import(["slack"]);
  expect(page.failure("slack")).toEqual(network);
  expect(page.failure("zoom")).toBeNull();
  expect(page.importing(card(page)).at).toBe("idle");
  await page.import([]);
  expect(page.failure("")).toEqual(network);
});

test("progress_of_one_platform_is_drawn_without_reading_anything", async () => {
  running("slack", "9", 10);
  const page = await loaded();
  const before = fake.calls.length;
  await page.heardProgress(progress({ done: 250 }));
  expect(fake.calls.length).toBe(before);
  expect(page.importing(card(page))).toMatchObject({ at: "running", read: 250 });
  expect(page.read).toBe(250);
});

test("the_end_of_an_import_is_told_with_its_result_and_its_conflicts", async () => {
  running("slack", "9", 10);
  const told: RunView[] = [];
  const page = await loaded((run) => told.push(run));
  await page.heardProgress(progress({ done: 250 }));
  running("slack", null);
  const result = importRun({ id: "9", platform: "slack" });
  fake.runs = [result];
  fake.conflicts = [{ id: "1", addresses: [], accounts: [] }];
  await page.heardProgress(progress({ done: 260, ended: true }));
  expect(told).toEqual([result]);
  expect(page.importing(card(page))).toEqual({ at: "idle" });
  expect(page.lastImport("slack")).toEqual(result);
  expect(page.conflicts).toBe(1);
});

test("an_import_that_was_told_to_have_ended_is_over_even_while_the_back_end_still_lists_it", async () => {
  running("slack", "9", 10);
  const page = await loaded();
  await page.heardProgress(progress({ ended: true }));
  expect(page.importing(card(page)).at).toBe("idle");
});

test("the_figures_of_an_import_of_all_are_read_now_and_then_and_not_at_every_step", async () => {
  vi.spyOn(Date, "now").mockReturnValue(1_000_000);
  running("slack", "9", 10);
  running("zoom", "9", 20);
  const page = await loaded();
  const before = fake.callsOf("platforms").length;
  for (let step = 0; step < 5; step += 1) await page.heardProgress(progress({ platform: null, done: step }));
  expect(fake.callsOf("platforms").length).toBe(before + 1);
  expect([page.isShared(card(page, "slack")), page.isShared(card(page, "webex"))]).toEqual([true, false]);
});

test("the_next_import_does_not_begin_with_the_figure_of_the_last", async () => {
  running("slack", "9", 0);
  const page = await loaded();
  await page.heardProgress(progress({ done: 250 }));
  running("slack", null);
  await page.heardProgress(progress({ done: 250, ended: true }));
  running("slack", "10", 5);
  await page.load();
  expect(page.importing(card(page))).toMatchObject({ run: "10", read: 5 });
});

test("cancelling_twice_asks_once_and_shows_that_it_stops", async () => {
  running("slack", "9", 10);
  const page = await loaded();
  await Promise.all([page.cancelImport(card(page)), page.cancelImport(card(page))]);
  expect(fake.callsOf("cancel_run")).toEqual([{ run: "9" }]);
  expect(page.importing(card(page))).toMatchObject({ at: "running", cancelling: true });
});

test("a_cancellation_that_is_refused_can_be_tried_again", async () => {
  running("slack", "9", 10);
  fake.refuse("cancel_run");
  const page = await loaded();
  await page.cancelImport(card(page));
  expect(page.failure("slack")).toEqual(network);
  expect(page.importing(card(page))).toMatchObject({ cancelling: false });
});
