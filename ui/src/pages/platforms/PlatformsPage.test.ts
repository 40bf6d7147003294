import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { FakeBackend } from "../../../tests/fake/backend";
import { advised, disconnected, imported, importing, unwell } from "../../../tests/fake/scenarios/platforms";
import { expectAccessible, stage } from "../../../tests/stage";
import PlatformsPage from "./PlatformsPage.svelte";
import { choose, dialog, inDialog, open, row } from "./testing";

test.each([
  ["a calm day", imported],
  ["one of everything that can be wrong", unwell],
  ["imports under way", importing],
  ["advice, an end that is near, another cloud", advised],
])("the_page_is_accessible: %s", async (_, scenario) => {
  await open(scenario);
  await expectAccessible();
});

test("every_state_stands_there_in_words_with_its_remedy", async () => {
  await open(unwell);
  expect(row("Microsoft Teams")).toHaveTextContent("Signed out");
  expect(row("Microsoft Teams")).toHaveTextContent("no longer accepts the sign-in of usersync@example.com");
  expect(within(row("Microsoft Teams")).getByRole("button", { name: "Sign in again to Microsoft Teams" })).toBeVisible();
  expect(row("Slack")).toHaveTextContent("2 permissions are missing. Grant them at the platform, then sign in again.");
  expect(row("Slack")).toHaveTextContent("chat:write Nobody can be prompted.");
  expect(row("Webex")).toHaveTextContent("asked to slow down until");
  expect(row("Webex")).toHaveTextContent("Stopped half-way");
  expect(within(row("Webex")).getByRole("button", { name: "Continue the import: people from Webex" })).toHaveTextContent("Continue the import");
  expect(row("Zoom Team Chat")).toHaveTextContent("Not connected");
});

test("details_show_each_permission_as_granted_or_missing", async () => {
  await open(unwell);
  const button = screen.getByRole("button", { name: "Details of Slack" });
  await userEvent.click(button);
  expect(button).toHaveAttribute("aria-expanded", "true");
  const permissions = within(row("Slack")).getByRole("region", { name: "Permissions" });
  expect(permissions).toHaveTextContent("users:read Granted Reads the names of everyone in the workspace.");
  expect(permissions).toHaveTextContent("chat:write Missing Without it: Nobody can be prompted.");
  await expectAccessible();
});

test("an_import_shows_its_figures_and_its_result_is_read_aloud", async () => {
  const { fake, world } = await open(importing);
  expect(row("Slack")).toHaveTextContent("3,400 people read");
  await fake.progress({ run: "import-1", kind: "import", platform: "slack", done: 5100, total: null, seconds_left: null, ended: false });
  await waitFor(() => expect(row("Slack")).toHaveTextContent("5,100 people read"));
  expect(screen.getByRole("button", { name: "Import all" })).toBeDisabled();
  await userEvent.click(within(row("Slack")).getByRole("button", { name: "Cancel all imports" }));
  expect(fake.callsOf("cancel_run")).toEqual([{ run: "import-1" }]);
  await waitFor(() => expect(row("Slack")).toHaveTextContent("Stopping…"));

  fake.cards = fake.cards.map((card) => ({ ...card, import: { run: null, accounts: 0, unfinished: false } }));
  await imported.before?.(fake, world);
  await fake.progress({ run: "import-1", kind: "import", platform: null, done: 8312, total: null, seconds_left: null, ended: true });
  await waitFor(() => expect(world.announced.text).toBe("Import finished: 8,312 read, 12 new, 3 changed and 1 gone."));
  await userEvent.click(screen.getByRole("button", { name: "2 conflicts to decide" }));
  expect(world.place).toEqual({ page: "user-sync", open: { what: "conflicts" } });
});

test("choosing_teams_says_in_words_that_none_means_everyone", async () => {
  const { fake, world } = await open(imported);
  await choose("Webex", "Choose teams…");
  const engineering = await within(dialog()).findByRole("checkbox", { name: "Engineering", hidden: true });
  expect(engineering).toBeChecked();
  expect(dialog()).toHaveTextContent("1 of 5 teams chosen");
  await expectAccessible(dialog());
  await userEvent.click(inDialog("Choose none"));
  expect(dialog()).toHaveTextContent("None chosen: everyone is imported.");
  await userEvent.click(inDialog("Save"));
  await waitFor(() => expect(screen.queryByRole("dialog", { hidden: true })).toBeNull());
  expect(fake.callsOf("choose_teams")).toEqual([{ platform: "webex", teams: [] }]);
  expect(fake.callsOf("import_people")).toEqual([]);
  expect(world.announced.text).toBe("The choice is saved.");
});

test("a_search_for_teams_that_finds_none_says_so", async () => {
  await open(imported);
  await choose("Webex", "Choose teams…");
  await within(dialog()).findByRole("checkbox", { name: "Engineering", hidden: true });
  await userEvent.type(within(dialog()).getByRole("searchbox", { hidden: true }), "zzz");
  expect(dialog()).toHaveTextContent("No team is called “zzz”.");
});

test("only_platforms_with_questions_have_the_entry_and_answers_are_saved", async () => {
  const { fake } = await open(imported);
  await userEvent.click(screen.getByRole("button", { name: "More actions for Zoom Team Chat" }));
  expect(await screen.findByRole("menuitem", { name: "Sign in again…", hidden: true })).toBeInTheDocument();
  expect(screen.queryByRole("menuitem", { name: "Questions about signing in…", hidden: true })).toBeNull();
  await userEvent.keyboard("{Escape}");

  await choose("Slack", "Questions about signing in…");
  await expectAccessible(dialog());
  expect(inDialog("Save answers")).toBeDisabled();
  await userEvent.click(within(dialog()).getByRole("radio", { name: "Authenticator app", hidden: true }));
  await userEvent.click(within(dialog()).getByRole("radio", { name: "Now", hidden: true }));
  await userEvent.click(inDialog("Save answers"));
  await waitFor(() => expect(fake.callsOf("answer")).toEqual([{ platform: "slack", answers: { second_factor: "app", approval: "now" } }]));
});

test("disconnecting_says_with_counts_what_stops_and_what_stays", async () => {
  const { fake, world } = await open(imported);
  const card = fake.cards.find((card) => card.platform === "webex");
  const [synced, pending] = [card?.syncs["synced"], card?.syncs["pending"]];
  await choose("Webex", "Disconnect…");
  expect(dialog()).toHaveTextContent(`${synced} synced people are no longer reachable on Webex until you connect it again.`);
  expect(dialog()).toHaveTextContent(new RegExp(`${pending} pending syncs? waits? until you connect it again`));
  expect(dialog()).toHaveTextContent(`${card?.accounts} imported accounts stay listed.`);
  expect(inDialog("Cancel")).toHaveFocus();
  await expectAccessible(dialog());
  expect(fake.callsOf("disconnect")).toEqual([]);
  await userEvent.click(inDialog("Disconnect"));
  await waitFor(() => expect(row("Webex")).toHaveTextContent("Not connected"));
  expect(fake.callsOf("disconnect")).toEqual([{ platform: "webex" }]);
  expect(world.announced.text).toBe("Webex is disconnected.");
});

test("what_was_ended_at_the_platform_and_what_was_not_is_said_afterwards", async () => {
  const { fake } = await open(disconnected);
  await choose("Webex", "Disconnect…");
  await userEvent.click(inDialog("Disconnect"));
  await waitFor(() => expect(dialog()).toHaveAccessibleName("Webex is disconnected"));
  expect(dialog()).toHaveTextContent("Ended at Webex The sign-in of usersync@example.com");
  expect(dialog()).toHaveTextContent("The token of the Service App Webex offers no way to end it from here.");
  expect(dialog()).toHaveTextContent("12 employees’ sign-ins to Webex stay sealed on this computer");
  await waitFor(() => expect(inDialog("Done")).toHaveFocus());
  await expectAccessible(dialog());
  await userEvent.click(inDialog("Open page"));
  expect(fake.callsOf("open_page")).toEqual([{ link: "https://developer.webex.com/my-apps" }]);
  await userEvent.click(inDialog("Done"));
  expect(screen.queryByRole("dialog", { hidden: true })).toBeNull();
});

test("a_tenants_rules_an_end_that_nears_another_cloud_and_what_was_left_out_stand_there", async () => {
  const { fake } = await open(advised);
  expect(row("Microsoft Teams")).toHaveTextContent("Employees of this tenant may not allow User Sync for themselves. An administrator grants consent for everybody, once.");
  expect(row("Microsoft Teams")).toHaveTextContent("GCC High, connected 9 days ago");
  expect(row("Webex")).toHaveTextContent("The sign-in ends in 12 days");
  expect(row("Zoom Team Chat")).toHaveTextContent(/A token that does not renew itself ends in 3 days .*\. Enter a new one, or sign in again, before\./);
  await userEvent.click(screen.getByRole("button", { name: "Open page: the page where it is changed" }));
  expect(fake.callsOf("open_page")).toHaveLength(1);
  await userEvent.click(screen.getByRole("button", { name: "Details of Microsoft Teams" }));
  expect(within(row("Microsoft Teams")).getByRole("region", { name: "Permissions" })).toHaveTextContent("User.Invite.All Left out Without it: People without an account cannot be reached.");
});

test("whoever_was_sent_here_to_sign_in_finds_the_dialog_open_once", async () => {
  const { world } = await open(imported);
  world.go({ page: "platforms", platform: "webex", begin: "connect" });
  expect(await screen.findByRole("dialog", { name: "Sign in to Webex again", hidden: true })).toBeInTheDocument();
  expect(world.place).toEqual({ page: "platforms" });
});

test("whoever_was_sent_here_to_import_finds_it_begun_once", async () => {
  const { fake, world } = await open(imported);
  world.go({ page: "platforms", platform: "webex", begin: "import" });
  await waitFor(() => expect(fake.callsOf("import_people")).toEqual([{ platforms: ["webex"] }]));
});

test("a_page_that_cannot_be_read_says_so_and_can_be_tried_again", async () => {
  const fake = new FakeBackend({ people: 20 });
  const { world } = await stage(PlatformsPage, {}, fake.refuse("conflicts"));
  expect(await screen.findByText("The network cannot be reached.")).toBeVisible();
  expect(world.phase).toBe("ready");
  fake.on("conflicts", () => []);
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(screen.queryByText("The network cannot be reached.")).toBeNull());
});
