import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, onTestFinished, test, vi } from "vitest";

import { FakeBackend, TODAY } from "../../../tests/fake/backend";
import { advised, connectDone, connectPart, disconnected, imported, importing, unwell } from "../../../tests/fake/scenarios/platforms";
import { guideOf } from "../../../tests/fake/guides";
import type { Scenario } from "../../../tests/fake/scenario";
import { expectAccessible, stage, type Staged } from "../../../tests/stage";
import PlatformsPage from "./PlatformsPage.svelte";

async function open(scenario: Scenario, fake = new FakeBackend({ people: 20 })): Promise<Staged> {
  vi.spyOn(Date, "now").mockReturnValue(TODAY);
  onTestFinished(() => void vi.restoreAllMocks());
  await scenario.before?.(fake, undefined as never);
  const staged = await stage(PlatformsPage, {}, fake);
  await screen.findByRole("heading", { name: "Slack" });
  return staged;
}

const row = (name: string): HTMLElement => screen.getByRole("listitem", { name });
const dialog = (): HTMLElement => screen.getByRole("dialog", { hidden: true });
const inDialog = (name: string | RegExp): HTMLElement => within(dialog()).getByRole("button", { name, hidden: true });

async function choose(platform: string, entry: string): Promise<void> {
  await userEvent.click(screen.getByRole("button", { name: `More actions for ${platform}` }));
  await userEvent.click(await screen.findByRole("menuitem", { name: entry, hidden: true }));
}

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

/** What stands in the dialog at this step. */
const atStep = (title: string) => within(dialog()).findByRole("heading", { level: 3, name: title, hidden: true });

/** Opens the guide of Webex at its first part. */
async function openWebex(): Promise<void> {
  await userEvent.click(await screen.findByRole("button", { name: "Connect Webex" }));
  await atStep("What you need");
  await userEvent.click(inDialog("Continue"));
  await atStep("Create the integration");
}

const fieldOf = (label: string): HTMLElement => within(dialog()).getByLabelText(label);

async function toReview(): Promise<void> {
  await openWebex();
  await userEvent.type(fieldOf("Client ID"), "C0ffee");
  await userEvent.type(fieldOf("Client secret"), "made up");
  await userEvent.click(inDialog("Continue"));
  await atStep("Create the Service App");
  await userEvent.click(inDialog("Skip this step"));
  await atStep("Review and sign in");
}

test("connecting_by_keyboard_walks_the_guide_checks_the_fields_and_offers_the_import", async () => {
  const { fake } = await open(connectDone);
  screen.getByRole("button", { name: "Connect Webex" }).focus();
  await userEvent.keyboard("{Enter}");
  await atStep("What you need");
  expect(dialog()).toHaveTextContent("A service account in Webex that will write the prompts.");
  await expectAccessible(dialog());
  await waitFor(() => expect(inDialog("Continue")).toHaveFocus());
  await userEvent.keyboard("{Enter}");

  // The step is read from its beginning.
  await waitFor(async () => expect(await atStep("Create the integration")).toHaveFocus());
  expect(dialog()).toHaveTextContent("spark-admin:people_read Reads the names and addresses of everyone in the organisation. Without it: No people can be imported.");
  await expectAccessible(dialog());
  inDialog("Continue").focus();
  await userEvent.keyboard("{Enter}");
  await waitFor(() => expect(fieldOf("Client ID")).toHaveFocus());
  expect(fieldOf("Client ID")).toHaveAccessibleDescription(/Enter a value for “Client ID”/);
  await userEvent.keyboard("C0ffee{Tab}");
  expect(fieldOf("Client secret")).toHaveFocus();
  expect(fieldOf("Client secret")).toHaveAttribute("type", "password");
  await waitFor(() => expect(fieldOf("Client ID")).toHaveAccessibleDescription(/Looks right/));
  await userEvent.paste("made up");
  await expectAccessible(dialog());
  inDialog("Continue").focus();
  await userEvent.keyboard("{Enter}");

  await waitFor(async () => expect(await atStep("Create the Service App")).toHaveFocus());
  expect(dialog()).toHaveTextContent("May be skipped. Without it: People without a Webex account cannot be represented there.");
  inDialog("Skip this step").focus();
  await userEvent.keyboard("{Enter}");

  await atStep("Review and sign in");
  expect(dialog()).toHaveTextContent("Client secret Entered; goes into the keychain");
  expect(dialog()).toHaveTextContent("Create the Service App. People without a Webex account cannot be represented there.");
  expect(dialog()).not.toHaveTextContent("made up");
  await expectAccessible(dialog());
  expect(fake.callsOf("connect")).toEqual([]);
  await waitFor(() => expect(inDialog("Connect")).toHaveFocus());
  await userEvent.keyboard("{Enter}");

  await waitFor(() => expect(dialog()).toHaveTextContent("Connected to Example Works."));
  expect(dialog()).toHaveTextContent("Prompts come from usersync@example.com.");
  await waitFor(() => expect(inDialog("Import people")).toHaveFocus());
  await expectAccessible(dialog());
  await userEvent.keyboard("{Enter}");
  await waitFor(() => expect(fake.callsOf("import_people")).toEqual([{ platforms: ["webex"] }]));
  expect(screen.queryByRole("dialog", { hidden: true })).toBeNull();
});

test("a_field_says_what_was_found_or_what_is_wrong_or_what_it_waits_for", async () => {
  await open(connectPart);
  await openWebex();
  await userEvent.type(fieldOf("Client ID"), "C0ffee");
  await userEvent.tab();
  await waitFor(() => expect(dialog()).toHaveTextContent("Will be checked together with “Client secret”."));
  await userEvent.type(fieldOf("Client secret"), "wrong");
  await userEvent.tab();
  await waitFor(() => expect(fieldOf("Client secret")).toHaveAccessibleDescription(/Webex does not know this client secret\. Copy it once more/));
  expect(fieldOf("Client secret")).toBeInvalid();
  await expectAccessible(dialog());
  await userEvent.click(inDialog("Continue"));
  await waitFor(() => expect(fieldOf("Client secret")).toHaveFocus());
  await userEvent.clear(fieldOf("Client secret"));
  await userEvent.paste("made up");
  await waitFor(() => expect(within(dialog()).getAllByText("Webex knows this integration.")).toHaveLength(2));
  await userEvent.click(inDialog("Continue"));
  await atStep("Create the Service App");
});

test("a_page_of_the_vendor_opens_outside_and_only_when_what_it_needs_is_entered", async () => {
  const fake = new FakeBackend({ people: 20, connected: ["slack"] });
  await stage(PlatformsPage, {}, fake);
  await userEvent.click(await screen.findByRole("button", { name: "Connect Microsoft Teams" }));
  await atStep("What you need");
  await userEvent.click(inDialog("Continue"));
  await atStep("Register the application");
  await userEvent.click(inDialog("Open Microsoft Entra"));
  expect(fake.callsOf("open_page")).toEqual([{ link: "https://entra.microsoft.com/" }]);
  await userEvent.type(fieldOf("Directory (tenant) ID"), "t-1");
  await userEvent.type(fieldOf("Application (client) ID"), "c-1");
  await userEvent.click(inDialog("Continue"));
  await atStep("Grant consent");
  await userEvent.click(inDialog("Open the consent page"));
  expect(fake.callsOf("open_page").at(-1)).toEqual({ link: "https://teams.example.com/app/commercial/t-1/c-1" });
});

test("a_page_that_needs_a_field_says_which_one_until_it_is_entered", async () => {
  const fake = new FakeBackend({ people: 20, connected: ["webex"], realm: "live" });
  fake.on("setup_guide", () => ({ ...guideOf("slack", {}), parts: guideOf("slack", {}).parts.slice(1, 2) }));
  await stage(PlatformsPage, {}, fake);
  await userEvent.click(await screen.findByRole("button", { name: "Connect Slack" }));
  await atStep("What you need");
  await userEvent.click(inDialog("Continue"));
  await atStep("Install it");
  expect(inDialog("Open the app’s page")).toHaveAccessibleDescription("Enter “Client ID” first: the page is that of your own app.");
  await userEvent.click(inDialog("Open the app’s page"));
  expect(fake.callsOf("open_page")).toEqual([]);
});

test("a_permission_that_may_be_left_out_is_not_asked_for_and_not_copied", async () => {
  const fake = new FakeBackend({ people: 20, connected: ["slack"] });
  await stage(PlatformsPage, {}, fake);
  await userEvent.click(await screen.findByRole("button", { name: "Connect Microsoft Teams" }));
  await atStep("What you need");
  await userEvent.click(inDialog("Continue"));
  await userEvent.type(await within(dialog()).findByLabelText("Directory (tenant) ID"), "t-1");
  await userEvent.type(fieldOf("Application (client) ID"), "c-1");
  await userEvent.click(inDialog("Continue"));
  await atStep("Grant consent");
  expect(within(dialog()).getAllByRole("checkbox", { hidden: true })).toHaveLength(1);
  await userEvent.click(within(dialog()).getByRole("checkbox", { name: "Ask for User.Invite.All", hidden: true }));
  expect(within(dialog()).getByRole("textbox", { name: "Scopes, one a line", hidden: true })).toHaveValue("User.Read.All\nChatMessage.Send");
  await userEvent.click(inDialog("Continue"));
  await atStep("Review and sign in");
  expect(dialog()).toHaveTextContent("User.Invite.All People without an account cannot be reached.");
  await userEvent.click(inDialog("Connect"));
  await waitFor(() => expect(fake.callsOf("connect").map((args) => args["leftOut"])).toEqual([["User.Invite.All"]]));
});

test("escape_during_a_sign_in_cancels_it_and_what_was_entered_is_still_there", async () => {
  const fake = new FakeBackend({ people: 20, connected: ["slack"] });
  let refuse = (): void => undefined;
  fake.on("connect", () => new Promise((_, reject) => (refuse = () => reject({ kind: "cancelled", platform: "webex", message: "", remedy: "", act: null }))));
  fake.on("cancel_connect", () => refuse());
  await stage(PlatformsPage, {}, fake);
  await toReview();
  await userEvent.click(inDialog("Connect"));
  await waitFor(() => expect(dialog()).toHaveTextContent("Checking what you entered…"));
  await fake.signIn({ platform: "webex", step: { step: "open_browser", url: "https://signin.example.com/" } });
  await waitFor(() => expect(within(dialog()).getByLabelText("Address of the sign-in page")).toHaveValue("https://signin.example.com/"));
  await fake.signIn({ platform: "webex", step: { step: "show_code", code: "AB-12", url: "https://code.example.com/", expires: "2999-01-01T00:00:00Z" } });
  await waitFor(() => expect(dialog()).toHaveTextContent("AB-12"));
  await expectAccessible(dialog());

  await userEvent.keyboard("{Escape}");
  await waitFor(() => expect(dialog()).toHaveTextContent("The sign-in was cancelled. Nothing was kept."));
  expect(dialog()).toHaveTextContent("Client ID C0ffee");
  await userEvent.keyboard("{Escape}");
  expect(screen.queryByRole("dialog", { hidden: true })).toBeNull();
});

test("a_secret_is_forgotten_with_its_dialog_and_an_id_is_not", async () => {
  await stage(PlatformsPage, {}, new FakeBackend({ people: 20, connected: ["slack"] }));
  for (const [id, secret] of [["", ""], ["C0ffee", ""]] as const) {
    await openWebex();
    expect(fieldOf("Client ID")).toHaveValue(id);
    expect(fieldOf("Client secret")).toHaveValue(secret);
    if (id === "") await userEvent.type(fieldOf("Client ID"), "C0ffee");
    await userEvent.type(fieldOf("Client secret"), "made up");
    await userEvent.click(inDialog("Cancel"));
  }
});

test("signing_in_again_is_one_press_and_shows_what_is_kept", async () => {
  const { fake } = await open(imported);
  await choose("Webex", "Sign in again…");
  await atStep("Review and sign in");
  expect(dialog()).toHaveTextContent("Client secret In the keychain; stays as it is");
  await waitFor(() => expect(inDialog("Sign in again")).toHaveFocus());
  await userEvent.keyboard("{Enter}");
  await waitFor(() => expect(fake.callsOf("connect")).toEqual([{ platform: "webex", fields: { cloud: "commercial", client_id: "webex-client_id" }, answers: {}, leftOut: [] }]));
});

test("credentials_can_be_changed_and_a_secret_that_is_left_empty_is_kept", async () => {
  const { fake } = await open(imported);
  await choose("Webex", "Change credentials…");
  await atStep("What you need");
  await userEvent.click(inDialog("Continue"));
  expect(await within(dialog()).findByLabelText("Client ID")).toHaveValue("webex-client_id");
  expect(fieldOf("Client secret")).toHaveAttribute("placeholder", "In the keychain; leave empty to keep it");
  await userEvent.clear(fieldOf("Client ID"));
  await userEvent.type(fieldOf("Client ID"), "other");
  await userEvent.click(inDialog(/^Step 4 of 4: Review and sign in ?, still to come$/));
  await atStep("Review and sign in");
  await userEvent.click(inDialog("Sign in again"));
  await waitFor(() => expect(fake.callsOf("connect").map((args) => args["fields"])).toEqual([{ cloud: "commercial", client_id: "other" }]));
});

test("in_the_demo_the_guide_can_be_read_and_opens_no_page", async () => {
  const fake = new FakeBackend({ people: 20, connected: ["slack"], realm: "demo" });
  await stage(PlatformsPage, {}, fake);
  await openWebex();
  const button = inDialog("Open developer.webex.com");
  expect(button).toHaveAccessibleDescription("The demo opens no real page.");
  await userEvent.click(button);
  expect(fake.callsOf("open_page")).toEqual([]);
  await userEvent.click(inDialog("Continue"));
  await userEvent.click(inDialog("Continue"));
  await atStep("Review and sign in");
  await userEvent.click(inDialog("Connect"));
  await waitFor(() => expect(dialog()).toHaveTextContent("Webex is connected."));
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
