import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, onTestFinished } from "vitest";
import { network } from "../../../../tests/fake/backend";
import { ana, backendOf, EIGHT, MANY, previewOfOne, primaryBeside, RESET_ONE } from "../../../../tests/fake/dialogs";
import { expectAccessible, stage } from "../../../../tests/stage";
import { Actions } from "../actions.svelte";
import Dialogs from "./Dialogs.svelte";

const user = userEvent.setup();
const asked = ana(["slack", "webex"]);

async function shown(person = asked) {
  const actions = new Actions();
  const fake = backendOf(structuredClone(person));
  return { actions, ...(await stage(Dialogs, { actions }, fake)) };
}

/** The dialog, once it has looked. */
async function looked(): Promise<HTMLElement> {
  const dialog = await screen.findByRole("dialog");
  await waitFor(() => expect(dialog.querySelector("[aria-busy]")).toBeNull());
  return dialog;
}

/** What a reader reads, block by block. */
const words = (dialog: HTMLElement): string[] =>
  [...dialog.querySelectorAll("h2, h3, p, li, dt, dd, legend, label, summary, footer button")].map((each) => each.textContent?.replaceAll(/\s+/g, " ").trim() ?? "");

describe("the eight confirmations", () => {
  for (const { platform, hasAccount } of EIGHT) {
    it(`${platform} ${hasAccount ? "with an account" : "without one"}: every word of it, and no fault of accessibility`, async () => {
      const primary = primaryBeside(platform);
      const person = ana(hasAccount ? [primary, platform] : [primary]);
      const { actions } = await shown(person);
      actions.openSync(person, platform);
      const dialog = await looked();
      expect(words(dialog)).toMatchSnapshot();
      await expectAccessible();
    });
  }

  it("where nothing can represent a person there is an explanation and nothing to confirm", async () => {
    const person = ana(["slack"]);
    const { actions, fake } = await shown(person);
    actions.openSync(person, "zoom");
    const dialog = await looked();
    expect(within(dialog).getAllByRole("button").map((button) => button.textContent?.trim())).toEqual(["", "Import from Zoom Team Chat", "Close"]);
    expect(fake.callsOf("sync")).toEqual([]);
  });
});

it("two quick presses send once", async () => {
  const { actions, fake } = await shown();
  actions.openSync(asked, "webex");
  await looked();
  await user.dblClick(screen.getByRole("button", { name: "Send prompt" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(fake.callsOf("sync")).toHaveLength(1);
  expect(actions.current).toBeNull();
});

it("a press on the button before the dialog has looked sends nothing", async () => {
  const { actions, fake } = await shown();
  const release = fake.hold("preview_sync");
  actions.openSync(asked, "webex");
  await user.click(await screen.findByRole("button", { name: "Sync" }));
  release();
  await looked();
  expect(fake.callsOf("sync")).toEqual([]);
});

it("while it is being sent the button is busy in its place, and Escape loses no refusal", async () => {
  const { actions, fake } = await shown();
  let refuse = (_: unknown) => {};
  fake.on("sync", () => new Promise((_, reject) => (refuse = reject)));
  actions.openSync(asked, "webex");
  await looked();
  const send = screen.getByRole("button", { name: "Send prompt" });
  await user.click(send);
  expect(send).toHaveAttribute("aria-busy", "true");
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("dialog")).toBeNull();
  refuse(network);
  const dialog = await screen.findByRole("dialog");
  expect(within(dialog).getByRole("alert")).toHaveTextContent(`${network.message} ${network.remedy}`);
});

it("the focus returns to where it came from", async () => {
  const { actions } = await shown();
  const opener = document.body.appendChild(document.createElement("button"));
  onTestFinished(() => opener.remove());
  opener.focus();
  actions.openSync(asked, "webex");
  const dialog = await looked();
  expect(dialog.contains(document.activeElement)).toBe(true);
  await user.keyboard("{Escape}");
  await waitFor(() => expect(document.activeElement).toBe(opener));
});

it("the button beside a reason leads to the dialog that lifts it", async () => {
  const { actions, fake } = await shown();
  const reason = { kind: "choose_primary", message: "It is not known which platform Ana Ruiz uses daily.", remedy: "Choose it.", act: { act: "choose_primary", person: asked.id } };
  const preview = previewOfOne(asked, "webex");
  fake.on("preview_sync", () => ({ ...preview, prompts: 0, blocked: 1, people: preview.people.map((row) => ({ ...row, action: null, reason })) }));
  actions.openSync(asked, "webex");
  await looked();
  await user.click(screen.getByRole("button", { name: "Choose a primary platform" }));
  expect(await screen.findByRole("heading", { name: "Which platform does Ana Ruiz use daily?" })).toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "Webex" }));
  await user.click(await screen.findByRole("button", { name: "Change primary" }));
  await waitFor(() => expect(fake.callsOf("set_primary")).toEqual([{ selection: { people: [asked.id] }, to: "webex", confirmed: "nothing" }]));
});

it("the questions of a platform are asked in the dialog, and hold it until they are answered", async () => {
  const person = ana(["teams"]);
  const { actions, fake } = await shown(person);
  actions.openSync(person, "slack");
  await looked();
  const create = screen.getByRole("button", { name: "Create bot" });
  expect(create).toHaveAttribute("aria-disabled", "true");
  await user.click(create);
  await user.click(screen.getByRole("radio", { name: "Single sign-on" }));
  expect(screen.getByText("One question is still open.")).toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "Now" }));
  await user.click(create);
  await waitFor(() => expect(fake.callsOf("sync")).toEqual([{ selection: { people: [person.id] }, to: "slack", answers: { second_factor: "sso", approval: "now" } }]));
});

it("a bulk sync shows its counts, its reasons and the first people before anything is sent", async () => {
  const { actions, fake } = await shown();
  fake.on("preview_sync", () => ({ ...MANY, people: MANY.people.slice(0, 8) }));
  actions.openBulkSync({ matching: { search: null, status: null, platform: null, primary: null, reason: null } }, "webex");
  const dialog = await looked();
  expect([...dialog.querySelectorAll("tr")].map((row) => row.textContent?.replaceAll(/\s+/g, " ").trim())).toMatchSnapshot();
  expect(within(dialog).getByText("The first 8 of 4,312")).toBeInTheDocument();
  expect(within(dialog).getByRole("button", { name: "Sign in to Zoom Team Chat again" })).toBeInTheDocument();
  expect(fake.callsOf("sync")).toEqual([]);
  await expectAccessible();
  await user.click(within(dialog).getByRole("button", { name: "Sync 3,916 people" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

it("a reset lists what goes and what stays, and its link can be opened or copied", async () => {
  const { actions, fake } = await shown();
  fake.on("preview_reset", () => RESET_ONE);
  actions.openReset({ people: [asked.id] });
  const dialog = await looked();
  expect(words(dialog)).toMatchSnapshot();
  expect(dialog.querySelector("a")).toBeNull();
  await expectAccessible();
  await user.click(within(dialog).getByRole("button", { name: "Copy link" }));
  expect(await navigator.clipboard.readText()).toBe("https://admin.webex.com");
  await user.click(within(dialog).getByRole("button", { name: "Reset" }));
  await waitFor(() => expect(fake.callsOf("reset")).toHaveLength(1));
});

it("two open prompts in the same platform are two lines, not a fault", async () => {
  const { actions, fake } = await shown();
  const twice = { what: "The open prompt in Slack", count: 1 };
  fake.on("preview_reset", () => ({ people: 1, goes: [twice, twice], stays: [RESET_ONE.stays[0], RESET_ONE.stays[0]], held: [] }));
  actions.openReset({ people: [asked.id] });
  expect(within(await looked()).getAllByText(twice.what)).toHaveLength(2);
});

it("of a new primary platform for many, the harmless half is chosen until the admin says otherwise", async () => {
  const { actions, fake } = await shown();
  fake.on("preview_primary", () => ({ to: "webex", changes: 10, unchanged: 2, resets: 4, refused: [], would_reset: [{ person: "p", name: "Bo Farnhollow", platforms: ["zoom"] }], held: [] }));
  actions.openPrimary({ matching: { search: null, status: null, platform: null, primary: null, reason: null } }, "webex");
  const dialog = await looked();
  await expectAccessible();
  expect(within(dialog).getByRole("button", { name: "Change 6 people" })).toBeInTheDocument();
  await user.click(within(dialog).getByRole("radio", { name: "Reset and change all 10" }));
  await user.click(within(dialog).getByRole("button", { name: "Reset and change 10 people" }));
  await waitFor(() => expect(fake.callsOf("set_primary")[0]).toMatchObject({ confirmed: "resets" }));
});

it("accounts are unlinked after a second press that says what it means, and others are found and linked", async () => {
  const { actions, fake } = await shown();
  actions.openLinks(asked);
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("button", { name: "Unlink: Webex" }));
  expect(fake.callsOf("unlink_account")).toEqual([]);
  expect(within(dialog).getByText(/becomes a person of its own/)).toBeInTheDocument();
  await expectAccessible();
  await user.click(within(dialog).getByRole("button", { name: "Unlink account" }));
  await waitFor(() => expect(fake.callsOf("unlink_account")).toHaveLength(1));
  fake.on("find_accounts", () => [{ person: "p-9", person_name: "Bo Farnhollow", platform: "zoom", id: "z9", name: "Bo Farnhollow", email: null }]);
  await user.type(within(dialog).getByRole("searchbox"), "bo");
  await user.click(await within(dialog).findByRole("button", { name: /^Link: Bo Farnhollow/ }));
  await waitFor(() => expect(fake.callsOf("link_account")).toEqual([{ person: asked.id, platform: "zoom", account: "z9" }]));
});

it("a dialog that was left for another page is not there again when its work has ended well", async () => {
  const { actions, fake, view } = await shown();
  const release = fake.hold("sync");
  actions.openSync(asked, "webex");
  await looked();
  await user.click(screen.getByRole("button", { name: "Send prompt" }));
  await user.keyboard("{Escape}");
  view.unmount();
  release();
  await waitFor(() => expect(actions.current).toBeNull());
});

it("a dialog that ends well after another one was opened does not close that one", async () => {
  const { actions, fake, world } = await shown();
  const release = fake.hold("sync");
  actions.openSync(asked, "webex");
  await looked();
  await user.click(screen.getByRole("button", { name: "Send prompt" }));
  await user.keyboard("{Escape}");
  actions.openReset({ people: [asked.id] });
  await looked();
  release();
  await waitFor(() => expect(world.announced.text).toBe("Ana Ruiz: the sync to Webex has begun."));
  expect(screen.getByRole("dialog", { name: "Reset Ana Ruiz?" })).toBeInTheDocument();
});

it("what stop limits will hold is said before it is confirmed", async () => {
  const { actions, fake } = await shown();
  fake.on("preview_sync", () => ({ ...MANY, held: [{ what: "prompts", allowed: 500, wanted: 2904, held: 2404 }] }));
  actions.openBulkSync({ matching: { search: null, status: null, platform: null, primary: null, reason: null } }, "webex");
  expect(await looked()).toHaveTextContent("500 prompts are sent now; 2,404 more wait for your approval, because of your stop limit.");
  fake.on("preview_reset", () => ({ people: 300, goes: [{ what: "Syncs to Webex", count: 300 }], stays: [], held: [{ what: "resets", allowed: 200, wanted: 300, held: 100 }] }));
  actions.openReset({ matching: { search: null, status: null, platform: null, primary: null, reason: null } });
  await waitFor(() => expect(screen.getByRole("dialog")).toHaveTextContent("200 people are reset now; 100 more wait for your approval, because of your stop limit."));
});

it("people whom a stop limit keeps from being reset are named before and after a change of the primary platform", async () => {
  const { actions, fake } = await shown();
  const held = [{ what: "resets" as const, allowed: 60, wanted: 96, held: 36 }];
  fake.on("preview_primary", () => ({ to: "webex", changes: 96, unchanged: 0, resets: 96, refused: [], would_reset: [{ person: "p", name: "Bo Farnhollow", platforms: ["zoom"] }], held }));
  fake.on("set_primary", () => ({ changed: 60, unconfirmed: 36, held, failed: 0 }));
  actions.openPrimary({ matching: { search: null, status: null, platform: null, primary: null, reason: null } }, "webex");
  expect(await looked()).toHaveTextContent("60 people are reset now; 36 more wait until you choose this once more, because of your stop limit.");
  await user.click(screen.getByRole("button", { name: "Reset and change 96 people" }));
  await waitFor(() => expect(screen.getByRole("dialog")).toHaveTextContent("Your stop limit lets no more be reset at once."));
});
