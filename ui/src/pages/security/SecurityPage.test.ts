import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { FakeBackend, network } from "../../../tests/fake/backend";
import { keychainLocked, keyLost } from "../../../tests/fake/scenarios/security";
import type { Scenario } from "../../../tests/fake/scenario";
import { expectAccessible, stage, type Staged } from "../../../tests/stage";
import SecurityPage from "./SecurityPage.svelte";

async function open(scenario: Scenario = {}, fake = new FakeBackend({ people: 20, connected: ["slack", "webex"] })): Promise<Staged> {
  await scenario.before?.(fake, undefined as never);
  const staged = await stage(SecurityPage, {}, fake);
  await screen.findByRole("heading", { name: "What is kept on this computer" });
  return staged;
}

const dialog = (): HTMLElement => screen.getByRole("dialog", { hidden: true });
const inDialog = (name: string): HTMLElement => within(dialog()).getByRole("button", { name, hidden: true });

test("what_is_kept_where_stands_there_by_its_real_names", async () => {
  await open();
  const kept = screen.getByRole("region", { name: "What is kept on this computer" });
  expect(kept).toHaveTextContent("Entries of the service “User Sync”");
  expect(kept).toHaveTextContent("slack/bot Token: The app’s bot, which writes");
  expect(kept).toHaveTextContent("webex/field/client_secret You entered: Client secret");
  expect(kept).toHaveTextContent("grants/key The key of the employees’ sign-ins");
  expect(kept).toHaveTextContent("/home/ana/.local/share/user-sync/user-sync.db");
  expect(screen.getByRole("region", { name: "Employees’ sign-ins" })).toHaveTextContent("214 sign-ins of 198 people");
  await expectAccessible();
});

test.each([
  ["a locked keychain", keychainLocked],
  ["a lost key", keyLost],
])("the_page_is_accessible: %s", async (_, scenario) => {
  await open(scenario);
  await expectAccessible();
});

test("a_locked_keychain_is_not_a_lost_key", async () => {
  await open(keychainLocked);
  expect(screen.getByRole("region", { name: "What is kept on this computer" })).toHaveTextContent("The keychain is locked. Unlock it, then try again.");
  expect(screen.getByRole("region", { name: "Employees’ sign-ins" })).toHaveTextContent("Nothing is lost by that.");
  expect(screen.queryByRole("button", { name: /again…/ })).toBeNull();
  expect(screen.getByRole("button", { name: "Renew the key" })).toBeDisabled();
});

test("renewing_the_key_says_that_it_is_done_or_why_not", async () => {
  const { fake, world } = await open();
  fake.refuse("rotate_key");
  await userEvent.click(screen.getByRole("button", { name: "Renew the key" }));
  await waitFor(() => expect(screen.getByRole("region", { name: "Employees’ sign-ins" })).toHaveTextContent(network.message));
  fake.on("rotate_key", () => ({ state: "good", grants: 214, people: 198, since: "2026-11-20T09:30:00Z" }));
  await userEvent.click(screen.getByRole("button", { name: "Renew the key" }));
  await waitFor(() => expect(screen.getByRole("region", { name: "Employees’ sign-ins" })).toHaveTextContent("Nov 20, 2026"));
  expect(screen.queryByText(network.message)).toBeNull();
  expect(world.announced.text).toBe("The key was renewed, and everything is sealed under it.");
});

test("with_a_lost_key_nobody_is_asked_before_it_is_confirmed", async () => {
  const { fake, world } = await open(keyLost);
  expect(screen.getByRole("region", { name: "Employees’ sign-ins" })).toHaveTextContent("The key that protects 214 sign-ins of 198 people is gone.");
  await userEvent.click(screen.getByRole("button", { name: "Ask the 198 people again…" }));
  expect(dialog()).toHaveAccessibleName("Ask 198 people to sign in again?");
  expect(dialog()).toHaveTextContent("one direct message in their primary platform");
  expect(inDialog("Cancel")).toHaveFocus();
  await expectAccessible(dialog());
  expect(fake.callsOf("ask_lost_again")).toEqual([]);
  await userEvent.click(inDialog("Ask 198 again"));
  await waitFor(() => expect(screen.queryByRole("dialog", { hidden: true })).toBeNull());
  expect(fake.callsOf("ask_lost_again")).toHaveLength(1);
  expect(world.announced.text).toBe("198 people are being asked again. Activity shows how far it is.");
});

test("each_platform_says_how_it_is_ended_without_this_computer", async () => {
  const { fake } = await open();
  await userEvent.click(screen.getByRole("button", { name: "Open page: Zoom Team Chat" }));
  expect(fake.callsOf("open_page")).toEqual([{ link: "https://marketplace.example.com/user/build" }]);
});

test("disconnecting_all_is_confirmed_and_says_of_each_what_became_of_it", async () => {
  const { fake } = await open();
  const before = fake.callsOf("disconnect").length;
  fake.on("disconnect", (args) => {
    if (String(args["platform"]) === "slack") throw network;
    return { platform: "webex", syncs: {}, grants: 0, gone: ["The sign-in of usersync@example.com"], left: [] };
  });
  await userEvent.click(screen.getByRole("button", { name: "Disconnect all platforms…" }));
  expect(dialog()).toHaveTextContent("The connections to Slack and Webex end");
  expect(inDialog("Cancel")).toHaveFocus();
  await expectAccessible(dialog());
  expect(fake.callsOf("disconnect")).toHaveLength(before);
  await userEvent.click(inDialog("Disconnect all"));
  await waitFor(() => expect(dialog()).toHaveAccessibleName("Not all platforms are disconnected"));
  expect(dialog()).toHaveTextContent(network.message);
  expect(dialog()).toHaveTextContent("Ended at Webex The sign-in of usersync@example.com");
  await waitFor(() => expect(inDialog("Done")).toHaveFocus());
  await expectAccessible(dialog());
});

test("in_the_demo_the_keychain_is_not_touched_and_no_page_opens", async () => {
  const fake = new FakeBackend({ people: 20, realm: "demo" });
  fake.security = { ...fake.security, in_keychain: false, secrets: "/tmp/user-sync-demo/demo.key" };
  await open({}, fake);
  expect(screen.getByRole("region", { name: "What is kept on this computer" })).toHaveTextContent("your keychain is not touched");
  expect(screen.getByRole("button", { name: "Open page: Slack" })).toBeDisabled();
});
