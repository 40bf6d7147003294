import { beforeEach, expect, onTestFinished, test } from "vitest";

import { FakeBackend, network } from "../../../tests/fake/backend";
import { sheets } from "../../../tests/fake/sheets";
import type { PlatformSheet, SignInStep } from "../bindings";
import { ConnectFlow } from "./connect-flow.svelte";

let fake: FakeBackend;

beforeEach(() => {
  fake = new FakeBackend({ people: 4 }).install();
  onTestFinished(() => fake.uninstall());
});

function sheet(id: string): PlatformSheet {
  const found = sheets.find((sheet) => sheet.id === id);
  if (!found) throw new Error(`no sheet ${id}`);
  return found;
}

async function filled(): Promise<ConnectFlow> {
  const flow = new ConnectFlow(sheet("slack"), "connect");
  await flow.load();
  flow.setup.enter("client_id", " C0ffee ");
  flow.setup.enter("bot_token", "made-up-bot");
  return flow;
}

/** Ends when the back end has been asked to connect. */
const underWay = () => expect.poll(() => fake.callsOf("connect").length).toBe(1);

const step = (platform: string, step: SignInStep) => ({ platform, step });

test("a_required_field_that_is_empty_is_named_where_it_stands_and_nothing_is_sent", async () => {
  const flow = new ConnectFlow(sheet("slack"), "connect");
  await flow.load();
  flow.setup.enter("client_id", "   ");
  await flow.submit();
  expect([flow.phase, flow.setup.at, flow.setup.missing]).toEqual(["guide", 1, ["client_id"]]);
  expect(fake.callsOf("connect")).toEqual([]);
});

test("a_field_that_is_wrong_is_shown_and_nothing_is_sent", async () => {
  fake.refuse("check_field", { ...network, kind: "invalid" });
  const flow = await filled();
  await flow.submit();
  expect([flow.phase, flow.setup.at]).toEqual(["guide", 1]);
  expect(fake.callsOf("connect")).toEqual([]);
});

test("the_demo_company_needs_no_fields", async () => {
  const flow = new ConnectFlow(sheet("slack"), "connect", null, {}, true);
  await flow.load();
  await flow.submit();
  expect(flow.phase).toBe("connected");
});

test("signing_in_again_is_one_press_and_enters_no_secret", async () => {
  const known = fake.cards.find((card) => card.platform === "slack")?.connection ?? null;
  const flow = new ConnectFlow(sheet("slack"), "again", known);
  await flow.load();
  expect(flow.setup.at).toBe(flow.setup.review);
  await flow.submit();
  expect(flow.phase).toBe("connected");
  expect(fake.callsOf("connect")).toEqual([{ platform: "slack", fields: { cloud: "commercial", client_id: "slack-client_id" }, answers: {}, leftOut: [] }]);
});

test("only_what_was_entered_is_sent_without_spaces_around_it_and_with_what_is_left_out", async () => {
  const flow = await filled();
  flow.setup.leaveOut("users:read", true);
  await flow.submit();
  expect(fake.callsOf("connect")).toEqual([
    { platform: "slack", fields: { cloud: "commercial", client_id: "C0ffee", bot_token: "made-up-bot" }, answers: {}, leftOut: ["users:read"] },
  ]);
});

test("success_names_tenant_and_sender_and_forgets_the_secrets", async () => {
  const flow = await filled();
  await flow.submit();
  expect(flow.phase).toBe("connected");
  expect(flow.connection?.tenant_name).toBe("Example Works");
  expect(flow.setup.values["bot_token"]).toBe("");
});

test("a_second_press_while_signing_in_does_not_sign_in_twice", async () => {
  const release = fake.hold("connect");
  const flow = await filled();
  const both = [flow.submit(), flow.submit()];
  release();
  await Promise.all(both);
  expect(fake.callsOf("connect")).toHaveLength(1);
});

test("after_a_refusal_everything_entered_is_still_there", async () => {
  fake.refuse("connect");
  const flow = await filled();
  await flow.submit();
  expect(flow.phase).toBe("guide");
  expect(flow.problem).toEqual(network);
  expect(flow.setup.values).toMatchObject({ client_id: " C0ffee ", bot_token: "made-up-bot" });
});

test("the_steps_of_this_platforms_sign_in_are_shown_and_no_others", async () => {
  const release = fake.hold("connect");
  const flow = await filled();
  flow.heard(step("slack", { step: "open_browser", url: "https://too-early.example.com" }));
  const signingIn = flow.submit();
  await underWay();
  flow.heard(step("webex", { step: "open_browser", url: "https://other.example.com" }));
  expect(flow.address).toBeNull();
  flow.heard(step("slack", { step: "open_browser", url: "https://here.example.com" }));
  flow.heard(step("slack", { step: "skipped", slot: "app", message: "Left out." }));
  flow.heard(step("slack", { step: "skipped", slot: "app", message: "Left out again." }));
  expect(flow.address).toBe("https://here.example.com");
  expect(flow.skipped).toEqual([{ slot: "app", message: "Left out again." }]);
  release();
  await signingIn;
});

test("a_cancelled_sign_in_is_no_error_and_keeps_what_was_entered", async () => {
  let refuse = (): void => undefined;
  fake.on("connect", () => new Promise((_, reject) => (refuse = () => reject({ ...network, kind: "cancelled" }))));
  fake.on("cancel_connect", () => refuse());
  const flow = await filled();
  const signingIn = flow.submit();
  await underWay();
  await flow.cancel();
  await signingIn;
  expect(flow.phase).toBe("guide");
  expect(flow.cancelled).toBe(true);
  expect(flow.problem).toBeNull();
  expect(flow.setup.values["bot_token"]).toBe("made-up-bot");
});

test("a_sign_in_that_was_quicker_than_its_cancellation_is_connected", async () => {
  const release = fake.hold("connect");
  const flow = await filled();
  const signingIn = flow.submit();
  await underWay();
  const cancelling = flow.cancel();
  expect(flow.phase).toBe("cancelling");
  release();
  await Promise.all([signingIn, cancelling]);
  expect(flow.phase).toBe("connected");
});

test("a_cancellation_that_fails_leaves_the_sign_in_going_and_says_so", async () => {
  const release = fake.hold("connect");
  fake.refuse("cancel_connect");
  const flow = await filled();
  const signingIn = flow.submit();
  await underWay();
  await flow.cancel();
  expect(flow.phase).toBe("signing_in");
  expect(flow.problem).toEqual(network);
  release();
  await signingIn;
});

test("closing_forgets_secrets_stops_the_sign_in_and_remembers_the_rest", async () => {
  const release = fake.hold("connect");
  const flow = await filled();
  const signingIn = flow.submit();
  await underWay();
  await flow.close();
  expect(fake.callsOf("cancel_connect")).toEqual([{ platform: "slack" }]);
  expect(flow.setup.values["bot_token"]).toBe("");
  expect(flow.setup.remembered()).toEqual({ cloud: "commercial", client_id: "C0ffee" });
  release();
  await signingIn;
});

test("closing_while_fields_are_checked_signs_nobody_in", async () => {
  const release = fake.hold("check_field");
  const flow = new ConnectFlow(sheet("slack"), "again", fake.cards.find((card) => card.platform === "slack")?.connection ?? null);
  await flow.load();
  const signingIn = flow.submit();
  await flow.close();
  release();
  await signingIn;
  expect(fake.callsOf("connect")).toEqual([]);
});

test("what_is_no_secret_is_filled_in_at_the_next_sign_in", () => {
  const flow = new ConnectFlow(sheet("slack"), "change", null, { client_id: "C0ffee", bot_token: "never" });
  expect(flow.setup.values).toMatchObject({ client_id: "C0ffee", bot_token: "" });
});
