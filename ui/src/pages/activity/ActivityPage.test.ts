import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { FakeBackend, network } from "../../../tests/fake/backend";
import { runView } from "../../../tests/fake/runs";
import { activity, activityAudit, activityFailed, activityWaiting, giveResults } from "../../../tests/fake/scenarios/activity";
import { expectAccessible, stage, type Staged } from "../../../tests/stage";
import ActivityPage from "./ActivityPage.svelte";

async function open(fake = new FakeBackend({ people: 40 })): Promise<Staged> {
  await activity.before?.(fake, undefined as never);
  const staged = await stage(ActivityPage, {}, fake);
  staged.world.go({ page: "activity" });
  return staged;
}

const row = (name: RegExp): HTMLElement => screen.getByRole("row", { name });

/** jsdom lays nothing out: the list is given a height, so that rows are in sight. */
function giveHeight(): void {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(440);
}

test("runs_stand_newest_first_with_state_result_and_time", async () => {
  await open();
  await screen.findByRole("table");
  const cells = (name: RegExp) => within(row(name)).getAllByRole("cell").map((cell) => cell.textContent?.trim()).slice(0, 2);
  expect(cells(/Sync to Microsoft Teams/)).toEqual(["Done", "322 done, 61 waiting, 12 failed, 25 blocked"]);
  expect(cells(/Import from Zoom/)).toEqual(["Failed", "Zoom Team Chat did not answer."]);
  expect(cells(/Import from Webex/)).toEqual(["Interrupted", "900 read"]);
  expect(cells(/Reset/)).toEqual(["Stopped", "3 undone"]);
  await expectAccessible();
});

test("progress_and_time_left_are_drawn_as_they_come", async () => {
  const { fake } = await open();
  await screen.findByRole("table");
  await fake.progress({ run: "sync-1", kind: "sync", platform: "webex", done: 2500, total: 5000, seconds_left: 312, ended: false });
  await waitFor(() => expect(row(/Sync to Webex/)).toHaveTextContent("2,500 of 5,000 about 5 minutes left at the platforms’ limits"));
  expect(within(row(/Sync to Webex/)).getByRole("progressbar")).toHaveAttribute("aria-valuenow", "2500");
});

test("the_end_of_a_run_is_read_aloud_with_its_counts", async () => {
  const { fake, world } = await open();
  await screen.findByRole("table");
  fake.runs = [runView({ state: "done", counts: { done: 4800, failed: 200 } })];
  await fake.progress({ run: "sync-1", kind: "sync", platform: "webex", done: 5000, total: 5000, seconds_left: 0, ended: true });
  await waitFor(() => expect(world.announced.text).toBe("Sync to Webex: Done, 4,800 done, 200 failed"));
});

test("a_running_run_can_be_stopped_and_a_refusal_stands_beside_it", async () => {
  const { fake } = await open();
  fake.on("cancel_run", () => null);
  await userEvent.click(await screen.findByRole("button", { name: "Stop Sync to Webex" }));
  expect(fake.callsOf("cancel_run")).toEqual([{ run: "sync-1" }]);
  expect(screen.getByRole("button", { name: "Stop Sync to Webex" })).toBeDisabled();
  fake.refuse("cancel_run");
  await userEvent.click(screen.getByRole("button", { name: "Stop Import from Slack" }));
  await waitFor(() => expect(row(/Import from Slack/)).toHaveTextContent(network.message));
});

test("a_run_opens_by_keyboard_and_escape_returns_to_its_row", async () => {
  giveHeight();
  const { fake, world } = await open();
  giveResults(fake, 5000);
  const button = await screen.findByRole("button", { name: /^Sync to Microsoft Teams/ });
  button.focus();
  await userEvent.keyboard("{Enter}");
  expect(await screen.findByRole("button", { name: "Show Ana Ampelwerk on the User Sync page" })).toBeVisible();
  expect(screen.getByRole("button", { name: "Back to Activity" })).toHaveFocus();
  expect(world.place).toEqual({ page: "activity", run: "sync-2" });
  await expectAccessible();
  await userEvent.keyboard("{Escape}");
  expect(await screen.findByRole("button", { name: /^Sync to Microsoft Teams/ })).toHaveFocus();
});

test("of_five_thousand_results_only_those_in_sight_are_drawn", async () => {
  giveHeight();
  const { fake, world } = await open();
  giveResults(fake, 5000);
  world.go({ page: "activity", run: "sync-2" });
  const table = await screen.findByRole("table", { name: "Results per person" });
  expect(table).toHaveAttribute("aria-rowcount", "5001");
  expect(within(table).getAllByRole("row").length).toBeLessThan(30);
});

test("chips_count_the_whole_run_and_filter_its_rows", async () => {
  giveHeight();
  const { fake, world } = await open();
  giveResults(fake, 50);
  world.go({ page: "activity", run: "sync-2" });
  await userEvent.click(await screen.findByRole("button", { name: "Failed 10" }));
  const table = screen.getByRole("table", { name: "Results per person" });
  await waitFor(() => expect(table).toHaveAttribute("aria-rowcount", "11"));
  await waitFor(() => expect(within(table).getAllByText("The tenant refuses guests from its own domain example.com.")).toHaveLength(10));
  expect(within(table).queryByText("Synced")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "All 50" }));
  await waitFor(() => expect(table).toHaveAttribute("aria-rowcount", "51"));
});

test("a_result_leads_to_its_person_in_the_table", async () => {
  giveHeight();
  const { fake, world } = await open();
  giveResults(fake, 5);
  world.go({ page: "activity", run: "sync-2" });
  await userEvent.click(await screen.findByRole("button", { name: "Show Ana Ampelwerk on the User Sync page" }));
  expect(world.place).toEqual({ page: "user-sync", filter: { search: "Ana Ampelwerk" } });
});

test("a_person_who_is_gone_keeps_their_result_and_leads_nowhere", async () => {
  giveHeight();
  const { fake, world } = await open();
  const [first] = giveResults(fake, 5);
  if (first) first.name = "";
  world.go({ page: "activity", run: "sync-2" });
  expect(await screen.findByText("No longer listed")).toBeVisible();
  expect(screen.getAllByRole("button", { name: /on the User Sync page/ })).toHaveLength(4);
});

test("an_export_says_where_it_is_and_shows_it_in_its_folder", async () => {
  const { fake, world } = await open();
  giveResults(fake, 5);
  world.go({ page: "activity", run: "sync-2" });
  await userEvent.click(await screen.findByRole("button", { name: "Export CSV" }));
  expect(await screen.findByText("/home/ana/Downloads/user-sync 2026-11-20.csv")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Show in folder" }));
  expect(fake.callsOf("show_in_folder")).toEqual([{ saved: "/home/ana/Downloads/user-sync 2026-11-20.csv" }]);
});

test("an_import_has_no_result_per_person_and_says_where_its_people_are", async () => {
  const { world } = await open();
  world.go({ page: "activity", run: "import-3" });
  expect(await screen.findByRole("heading", { name: "No result per person" })).toBeVisible();
  expect(screen.getByRole("alert")).toHaveTextContent("Zoom Team Chat did not answer.");
  await userEvent.click(screen.getByRole("button", { name: "Import from Zoom Team Chat" }));
  expect(world.place).toEqual({ page: "platforms", platform: "zoom", begin: "import" });
});

test("without_runs_the_page_says_what_it_will_show_and_where_to_begin", async () => {
  const { world } = await stage(ActivityPage, {}, new FakeBackend({ people: 4 }));
  expect(await screen.findByRole("heading", { name: "Nothing has been done yet" })).toBeVisible();
  await expectAccessible();
  await userEvent.click(screen.getByRole("button", { name: "Go to Platforms" }));
  expect(world.place).toEqual({ page: "platforms" });
});

test("a_list_that_cannot_be_read_can_be_tried_again", async () => {
  const fake = new FakeBackend({ people: 4 });
  const { world } = await stage(ActivityPage, {}, fake);
  await screen.findByRole("heading", { name: "Nothing has been done yet" });
  fake.refuse("runs");
  await fake.changed({ runs: true });
  expect(await screen.findByText(network.message, { selector: ".message" })).toBeVisible();
  fake.on("runs", () => [runView()]);
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("button", { name: /^Sync to Webex/ })).toBeVisible();
  expect(world.phase).toBe("ready");
});

async function openScenario(scenario: typeof activity, fake = new FakeBackend({ people: 40 })): Promise<Staged> {
  const staged = await stage(ActivityPage, {}, fake);
  await scenario.before?.(fake, staged.world);
  if (staged.world.place.page !== "activity") staged.world.go({ page: "activity" });
  await fake.changed({ runs: true, connections: true });
  return staged;
}

test("what_a_run_waits_for_stands_below_it_with_the_button_that_lets_it_go_on", async () => {
  const { fake, world } = await openScenario(activityWaiting);
  const held = await screen.findByText("1,300 people wait for your approval: your stop limit lets 2,000 of 3,300 new bots and guests through.");
  expect(held).toBeVisible();
  expect(row(/^Sync to Webex/)).toHaveTextContent("Waits for approval");
  await expectAccessible();
  await userEvent.click(screen.getByRole("button", { name: "Approve 1,300 more of Sync to Webex" }));
  const dialog = await screen.findByRole("dialog", { name: "Approve 1,300 more of “Sync to Webex”?" });
  await userEvent.click(await within(dialog).findByRole("button", { name: "Approve 1,300 more" }));
  expect(fake.callsOf("approve_run")).toEqual([{ run: "sync-4", shown: 1300 }]);
  await waitFor(() => expect(screen.queryByText(/wait for your approval/)).toBeNull());
  await waitFor(() => expect(screen.getByText("Waits until you sign in to Zoom Team Chat again. Nobody fails meanwhile.")).toBeVisible());
  await userEvent.click(screen.getByRole("button", { name: "Sign in to Zoom Team Chat again" }));
  expect(world.place).toEqual({ page: "platforms", platform: "zoom", begin: "connect" });
});

test("a_paused_run_goes_on_when_it_is_resumed", async () => {
  const { fake } = await openScenario(activityWaiting);
  await userEvent.click(await screen.findByRole("button", { name: "Resume Sync to Slack" }));
  expect(fake.callsOf("resume_run")).toEqual([{ run: "sync-3" }]);
  await userEvent.click(await screen.findByRole("button", { name: "Pause Sync to Slack" }));
  expect(fake.callsOf("pause_run")).toEqual([{ run: "sync-3" }]);
});

test("a_run_is_undone_after_a_dialog_that_names_it_and_an_undo_is_named_after_its_run", async () => {
  const { fake } = await openScenario(activityWaiting);
  expect(await screen.findByRole("row", { name: /Undo of “Sync to Microsoft Teams”/ })).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Undo Sync to Microsoft Teams…" }));
  const dialog = await screen.findByRole("dialog", { name: /^Undo “Sync to Microsoft Teams” of Nov 20, 2026/ });
  await userEvent.click(await within(dialog).findByRole("button", { name: "Undo 383 syncs" }));
  expect(fake.callsOf("undo_run")).toEqual([{ run: "sync-2", shown: 383 }]);
});

test("failures_stand_by_platform_and_reason_and_are_tried_again_together", async () => {
  const { fake, world } = await openScenario(activityFailed);
  expect(await screen.findByRole("heading", { name: "Microsoft Teams: Address in own domain" })).toBeVisible();
  expect(screen.getByRole("button", { name: "Failed 290" })).toHaveAttribute("aria-current", "page");
  await expectAccessible();
  await userEvent.click(screen.getByRole("button", { name: "Try 214 again: Microsoft Teams: Address in own domain" }));
  const dialog = await screen.findByRole("dialog", { name: "Try 214 people again on Microsoft Teams?" });
  await userEvent.click(within(dialog).getByRole("button", { name: "Try 214 again" }));
  expect(fake.callsOf("retry_failed")).toEqual([{ which: { platform: "teams", kind: "own_domain", run: null }, shown: 214 }]);
  await waitFor(() => expect(screen.queryByRole("heading", { name: "Microsoft Teams: Address in own domain" })).toBeNull());
  await userEvent.click(screen.getByRole("button", { name: "Show people: Slack: Tried many times" }));
  expect(world.place).toEqual({ page: "user-sync", filter: { status: "failed", platform: "slack", reason: "gave_up" } });
});

test("what_perhaps_happened_is_looked_up_and_sent_again_only_on_the_admins_word", async () => {
  const { fake } = await openScenario(activityFailed);
  const [person] = fake.people.filter((one) => one.syncs["webex"]?.reason?.kind === "perhaps_done");
  await userEvent.click(await screen.findByRole("button", { name: `Look it up: ${person?.name}` }));
  expect(fake.callsOf("open_page")).toEqual([{ link: person?.syncs["webex"]?.reason?.link }]);
  await userEvent.click(screen.getByRole("button", { name: `It did not happen: send again for ${person?.name} on Webex` }));
  const dialog = await screen.findByRole("dialog", { name: `Send again for ${person?.name} on Webex?` });
  expect(dialog).toHaveTextContent(`If the bot is there all the same, ${person?.name} stands on Webex twice.`);
  expect(fake.callsOf("send_anew")).toEqual([]);
  await userEvent.click(within(dialog).getByRole("button", { name: "Send again" }));
  expect(fake.callsOf("send_anew")).toEqual([{ person: person?.id, to: "webex" }]);
});

test("the_audit_log_is_verified_and_says_what_its_newest_hash_is_for", async () => {
  const { fake } = await openScenario(activityAudit);
  expect(await screen.findAllByRole("row")).toHaveLength(101);
  await userEvent.click(screen.getByRole("button", { name: "Verify…" }));
  const dialog = await screen.findByRole("dialog", { name: "Verify the audit log" });
  await userEvent.type(within(dialog).getByRole("textbox", { name: /Hash noted earlier/ }), "abc");
  await userEvent.click(within(dialog).getByRole("button", { name: "Verify" }));
  expect(dialog).toHaveTextContent("A hash has 64 characters, 0 to 9 and a to f.");
  expect(fake.callsOf("verify_audit")).toEqual([]);
  await userEvent.clear(within(dialog).getByRole("textbox", { name: /Hash noted earlier/ }));
  await userEvent.click(within(dialog).getByRole("button", { name: "Verify" }));
  expect(await within(dialog).findByText("The log is whole: 1,240 entries, each fits to the one before.")).toBeVisible();
  expect(within(dialog).getByRole("textbox", { name: "Hash of the newest entry" })).toHaveValue(fake.audit[0]?.hash);
  await expectAccessible();
});
