import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { ana, backendOf, declined, TIMELINE } from "../../../../tests/fake/dialogs";
import { expectAccessible, stage } from "../../../../tests/stage";
import { Actions } from "../actions.svelte";
import PersonDrawer from "./PersonDrawer.svelte";

const user = userEvent.setup();
const person = ana(["teams", "webex", "zoom"], {
  webex: { status: "pending", detail: "prompted", representation: "own_account", action: null },
  zoom: { status: "failed", reason: declined },
  slack: { status: "synced", representation: "bot", action: null },
});

async function shown(platform: string | null = "webex") {
  const fake = backendOf(structuredClone(person)).on("timeline", () => ({ entries: TIMELINE, before: null }));
  const actions = new Actions();
  actions.openDetails(person, "webex");
  const staged = await stage(PersonDrawer, { actions, person, platform }, fake);
  await screen.findByText("Slack: Synced");
  return { ...staged, actions, drawer: screen.getByRole("complementary", { name: "Ana Ruiz" }) };
}

it("shows every sync with status, reason and remedy, the pressed one first, and is accessible", async () => {
  const { drawer } = await shown("zoom");
  expect([...drawer.querySelectorAll(".head .name")].map((name) => name.textContent)).toEqual(["Zoom Team Chat", "Slack", "Webex"]);
  expect(within(drawer).getAllByText(declined.message, { exact: false }).length).toBeGreaterThan(0);
  await expectAccessible();
});

it("asked for the timeline, it shows that first", async () => {
  const { drawer } = await shown(null);
  expect(within(drawer).getAllByRole("heading", { level: 3 }).map((heading) => heading.textContent)).toEqual(["Timeline", "Syncs", "Accounts"]);
});

it("each button opens its dialog, and nothing is sent by it", async () => {
  const { drawer, actions, fake } = await shown();
  await user.click(within(drawer).getByRole("button", { name: "Prompt again: Webex" }));
  expect(actions.current).toMatchObject({ kind: "prompt_again", platform: "webex" });
  await user.click(within(drawer).getByRole("button", { name: "Cancel: Webex" }));
  expect(actions.current).toMatchObject({ kind: "cancel_sync", platform: "webex" });
  await user.click(within(drawer).getByRole("button", { name: "Try again: Zoom Team Chat" }));
  expect(actions.current).toMatchObject({ kind: "sync", platform: "zoom" });
  await user.click(within(drawer).getByRole("button", { name: "Link or unlink accounts" }));
  expect(actions.current).toMatchObject({ kind: "links" });
  const sending = ["sync", "prompt_again", "cancel_sync", "link_account"];
  expect(fake.calls.filter(({ command }) => sending.includes(command))).toEqual([]);
});

it("where answers are read by hand the button looks for them, once at a time", async () => {
  const { drawer, fake, world } = await shown();
  const release = fake.hold("check_answers");
  const check = within(drawer).getByRole("button", { name: "Check answers: Webex" });
  await user.dblClick(check);
  expect(check).toHaveAttribute("aria-busy", "true");
  release();
  await waitFor(() => expect(world.announced.text).toBe("Answers were read."));
  expect(fake.callsOf("check_answers")).toHaveLength(1);
});

it("follows what happens while it is open", async () => {
  const { drawer, fake } = await shown();
  const webex = fake.people[0]?.syncs["webex"];
  if (webex) Object.assign(webex, { status: "synced", detail: null });
  await fake.changed({ people: [person.id] });
  await waitFor(() => expect(within(drawer).queryByRole("button", { name: "Prompt again: Webex" })).toBeNull());
});

it("Escape closes it", async () => {
  const { actions } = await shown();
  await user.keyboard("{Escape}");
  expect(actions.drawer).toBeNull();
});

it("of what perhaps happened it leads to where it can be looked up, and asks before it is sent again", async () => {
  const reason = { kind: "perhaps_done", message: "Webex did not say whether the bot was made.", remedy: "Look whether it is there.", act: null, link: "https://admin.webex.com/users/ana" };
  const doubtful = ana(["slack"], { webex: { status: "failed", reason, representation: "bot", action: "create_bot" } });
  const fake = backendOf(structuredClone(doubtful)).on("timeline", () => ({ entries: [], before: null }));
  const actions = new Actions();
  await stage(PersonDrawer, { actions, person: doubtful, platform: "webex" }, fake);
  await user.click(await screen.findByRole("button", { name: "Look it up: Webex" }));
  expect(fake.callsOf("open_page")).toEqual([{ link: reason.link }]);
  await user.click(screen.getByRole("button", { name: "It did not happen: send again…: Webex" }));
  expect(actions.current).toMatchObject({ kind: "send_anew", platform: "webex" });
  expect(fake.callsOf("send_anew")).toEqual([]);
  expect(screen.getByRole("button", { name: "Try again: Webex" })).toBeVisible();
  await expectAccessible();
});

it("whose failure is certain is only tried again", async () => {
  const { drawer } = await shown("zoom");
  expect(within(drawer).queryByRole("button", { name: /did not happen/ })).toBeNull();
});
