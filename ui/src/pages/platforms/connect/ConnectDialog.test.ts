import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { FakeBackend } from "../../../../tests/fake/backend";
import { guideOf } from "../../../../tests/fake/guides";
import { connectDone, connectPart, imported } from "../../../../tests/fake/scenarios/platforms";
import { expectAccessible, stage } from "../../../../tests/stage";
import PlatformsPage from "../PlatformsPage.svelte";
import { choose, dialog, inDialog, open } from "../testing";

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
