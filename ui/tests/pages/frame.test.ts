import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it, onTestFinished, vi } from "vitest";
import App from "../../src/App.svelte";
import { WorldState } from "../../src/lib/world.svelte";
import { FakeBackend, network, TODAY } from "../fake/backend";
import { runView } from "../fake/runs";
import { expectAccessible } from "../stage";

async function open(fake = new FakeBackend({ people: 3 })) {
  vi.spyOn(Date, "now").mockReturnValue(TODAY);
  fake.install();
  onTestFinished(() => fake.uninstall());
  const world = new WorldState();
  render(App, { world });
  await vi.waitFor(() => expect(world.phase).not.toBe("opening"));
  return { user: userEvent.setup(), fake, world };
}

const navigation = () => within(screen.getByRole("navigation", { name: "Pages" }));

it("the sidebar leads to every page and says which one it is", async () => {
  const { user } = await open();
  expect(navigation().getAllByRole("button").map((entry) => entry.getAttribute("aria-label"))).toEqual(["User Sync", "Platforms", "Activity", "Settings"]);
  for (const page of ["Platforms", "Activity", "Settings", "User Sync"]) {
    await user.click(navigation().getByRole("button", { name: page }));
    expect(navigation().getByRole("button", { current: "page" })).toHaveAccessibleName(page);
    expect(await screen.findByRole("heading", { level: 1, name: page })).toBeVisible();
  }
});

it("each connection is shown with its name and state", async () => {
  const fake = new FakeBackend({ people: 3, connected: ["slack", "webex"] });
  Object.assign(fake.cards.find((card) => card.platform === "webex")?.health ?? {}, { state: "signed_out" });
  await open(fake);
  const names = within(screen.getByRole("region", { name: "Connections" })).getAllByRole("button").map((entry) => entry.getAttribute("aria-label"));
  expect(names).toEqual(["Slack: Connected", "Microsoft Teams: Not connected", "Webex: Signed out", "Zoom Team Chat: Not connected"]);
});

it("the first start offers the two ways to begin", async () => {
  const { user, world } = await open(new FakeBackend({ connected: [], firstStart: true }));
  expect(screen.getByRole("heading", { level: 1, name: "Welcome to User Sync" })).toBeVisible();
  await expectAccessible();
  await user.click(screen.getByRole("button", { name: "Connect a platform" }));
  expect(world.place).toEqual({ page: "platforms" });
});

it("the demo is opened from the first start, says that it is one, and can be left", async () => {
  const { user, fake } = await open(new FakeBackend({ connected: [], firstStart: true }));
  fake.on("open_demo", () => {
    const demo = new FakeBackend({ people: 3, realm: "demo" });
    fake.cards = demo.cards;
    fake.people = demo.people;
    return demo.startup;
  });
  await user.click(screen.getByRole("button", { name: "Explore with a demo company" }));
  expect(await screen.findByText(/exploring a demo company/)).toBeVisible();
  expect(screen.queryByRole("heading", { name: "Welcome to User Sync" })).toBeNull();
  expect(screen.getByRole("main")).toHaveFocus();
  await user.click(screen.getByRole("button", { name: "Leave the demo" }));
  await vi.waitFor(() => expect(screen.queryByText(/exploring a demo company/)).toBeNull());
});

it("a demo that cannot be opened leaves everything as it was and says why", async () => {
  const { user } = await open(new FakeBackend({ connected: [], firstStart: true }).refuse("open_demo"));
  await user.click(screen.getByRole("button", { name: "Explore with a demo company" }));
  expect(await screen.findByText(new RegExp(network.message))).toBeVisible();
  expect(screen.getByRole("heading", { name: "Welcome to User Sync" })).toBeVisible();
});

it("offline says how old the people are", async () => {
  const fake = new FakeBackend({ people: 3 });
  for (const card of fake.cards) card.health = { ...card.health, state: "unreachable", offline: true };
  await open(fake);
  expect(screen.getByText(/as of the last import 2 hours ago/)).toBeVisible();
});

it("the status line shows the work that goes on, and leads to it", async () => {
  const { user, fake, world } = await open();
  await fake.progress({ run: "run-7", kind: "sync", platform: "webex", done: 1834, total: 5000, seconds_left: 312, ended: false });
  const work = await screen.findByRole("button", { name: /Syncing to Webex/ });
  expect(work).toHaveTextContent("1,834 of 5,000");
  expect(work).toHaveTextContent("about 5 minutes left");
  expect(screen.getByText("Last import 2 hours ago")).toBeVisible();
  await user.click(work);
  expect(world.place).toEqual({ page: "activity", run: "run-7" });
});

it("a refused start says what to do, and opens once it is done", async () => {
  const fake = new FakeBackend({ people: 3 });
  const ready = fake.startup;
  fake.startup = { state: "failed", folder: "/data/user-sync", problem: { ...network, kind: "keychain", message: "The keychain is locked.", remedy: "Unlock it." } };
  const { user } = await open(fake);
  expect(screen.getByRole("alert")).toHaveTextContent("The keychain is locked. Unlock it.");
  expect(screen.getByText("/data/user-sync")).toBeVisible();
  await expectAccessible();
  await user.click(screen.getByRole("button", { name: "Show the folder" }));
  expect(fake.callsOf("open_data_folder")).toHaveLength(1);
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(screen.getByRole("alert")).toBeVisible();
  fake.startup = ready;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("navigation", { name: "Pages" })).toBeVisible();
});

it("a platform that has signed out is one banner with how many wait, and leads to its sign-in", async () => {
  const fake = new FakeBackend({ people: 3 });
  const card = fake.cards.find((one) => one.platform === "webex");
  if (card) Object.assign(card, { waiting: 4812, health: { ...card.health, state: "signed_out" } });
  const { user, world } = await open(fake);
  const notices = within(screen.getByRole("region", { name: "Notices" }));
  expect(notices.getByText("Webex has signed User Sync out: 4,812 people wait until you sign in again. Nobody fails meanwhile.")).toBeVisible();
  await user.click(notices.getByRole("button", { name: "Sign in to Webex again" }));
  expect(await screen.findByRole("dialog", { name: /Webex/ })).toBeVisible();
  expect(world.place.page).toBe("platforms");
  expect(screen.queryByRole("region", { name: "Notices" })).toBeNull();
});

it("the status line says what waits for the admin when nothing works", async () => {
  const fake = new FakeBackend({ people: 3 });
  fake.runs = [runView({ id: "run-7", waits: "approval", held: 1300 })];
  const { user, world } = await open(fake);
  await user.click(await screen.findByRole("button", { name: /^Syncing to Webex: 1,300 more wait for your approval/ }));
  expect(world.place).toEqual({ page: "activity", run: "run-7" });
});

it("settings change the theme, open the folder and tell what could not be opened", async () => {
  const { user, fake, world } = await open();
  world.go({ page: "settings" });
  await user.click(await screen.findByRole("radio", { name: "Dark" }));
  expect(document.documentElement.dataset.theme).toBe("dark");
  await user.click(screen.getByRole("button", { name: "Open folder" }));
  expect(fake.callsOf("open_data_folder")).toHaveLength(1);
  fake.refuse("open_data_folder");
  await user.click(screen.getByRole("button", { name: "Open folder" }));
  expect(await screen.findByRole("alert")).toHaveTextContent(network.message);
  await expectAccessible();
  world.theme.choose("system");
});

it("a lost key is told above every page, and the banner leads to where it is put right", async () => {
  const fake = new FakeBackend({ people: 3 });
  fake.security = { ...fake.security, key: { state: "lost", grants: 3, people: 2, since: null } };
  const { user, world } = await open(fake);
  expect(await screen.findByText("The key that protects the sign-ins of 2 people is gone: their syncs have failed until they are asked again.")).toBeVisible();
  await expectAccessible();
  await user.click(screen.getByRole("button", { name: "What to do" }));
  expect(world.place).toEqual({ page: "security" });
  expect(navigation().getByRole("button", { current: "page" })).toHaveAccessibleName("Settings");
  expect(await screen.findByRole("button", { name: "Ask the 2 people again…" })).toBeVisible();
});

it("a keychain that cannot be asked is no lost key", async () => {
  await open(new FakeBackend({ people: 3 }).refuse("grant_key"));
  expect(screen.queryByText(/The key that protects/)).toBeNull();
});
