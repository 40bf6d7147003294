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

function filled(): ConnectFlow {
  const flow = new ConnectFlow(sheet("slack"), false);
  flow.showFields();
  flow.enter("client_id", " C0ffee ");
  flow.enter("bot_token", "made-up-bot");
  return flow;
}

const step = (platform: string, step: SignInStep) => ({ platform, step });

test("what_is_asked_for_comes_before_any_field", () => {
  expect(new ConnectFlow(sheet("slack"), false).phase).toBe("asks");
});

test("a_required_field_that_is_empty_is_named_and_nothing_is_sent", async () => {
  const flow = new ConnectFlow(sheet("slack"), false);
  flow.showFields();
  flow.enter("client_id", "   ");
  await flow.submit();
  expect(flow.missing).toEqual(["client_id", "bot_token"]);
  expect(fake.callsOf("connect")).toEqual([]);
  flow.enter("client_id", "C0ffee");
  expect(flow.missing).toEqual(["bot_token"]);
});

test("the_demo_company_needs_no_fields", async () => {
  const flow = new ConnectFlow(sheet("slack"), false, {}, true);
  flow.showFields();
  await flow.submit();
  expect(flow.phase).toBe("connected");
});

test("only_what_was_entered_is_sent_and_without_spaces_around_it", async () => {
  await filled().submit();
  expect(fake.callsOf("connect")).toEqual([{ platform: "slack", fields: { client_id: "C0ffee", bot_token: "made-up-bot" }, answers: {} }]);
});

test("success_names_tenant_and_sender_and_forgets_the_secrets", async () => {
  const flow = filled();
  await flow.submit();
  expect(flow.phase).toBe("connected");
  expect(flow.connection?.tenant_name).toBe("Example Works");
  expect(flow.values["bot_token"]).toBe("");
});

test("a_second_press_while_signing_in_does_not_sign_in_twice", async () => {
  const release = fake.hold("connect");
  const flow = filled();
  const both = [flow.submit(), flow.submit()];
  release();
  await Promise.all(both);
  expect(fake.callsOf("connect")).toHaveLength(1);
});

test("after_a_refusal_everything_entered_is_still_there", async () => {
  fake.refuse("connect");
  const flow = filled();
  await flow.submit();
  expect(flow.phase).toBe("fields");
  expect(flow.problem).toEqual(network);
  expect(flow.values).toMatchObject({ client_id: " C0ffee ", bot_token: "made-up-bot" });
});

test("the_steps_of_this_platforms_sign_in_are_shown_and_no_others", async () => {
  const release = fake.hold("connect");
  const flow = filled();
  flow.heard(step("slack", { step: "open_browser", url: "https://too-early.example.com" }));
  const signingIn = flow.submit();
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
  const flow = filled();
  const signingIn = flow.submit();
  await flow.cancel();
  await signingIn;
  expect(flow.phase).toBe("fields");
  expect(flow.cancelled).toBe(true);
  expect(flow.problem).toBeNull();
  expect(flow.values["bot_token"]).toBe("made-up-bot");
});

test("a_sign_in_that_was_quicker_than_its_cancellation_is_connected", async () => {
  const release = fake.hold("connect");
  const flow = filled();
  const signingIn = flow.submit();
  const cancelling = flow.cancel();
  expect(flow.phase).toBe("cancelling");
  release();
  await Promise.all([signingIn, cancelling]);
  expect(flow.phase).toBe("connected");
});

test("a_cancellation_that_fails_leaves_the_sign_in_going_and_says_so", async () => {
  const release = fake.hold("connect");
  fake.refuse("cancel_connect");
  const flow = filled();
  const signingIn = flow.submit();
  await flow.cancel();
  expect(flow.phase).toBe("signing_in");
  expect(flow.problem).toEqual(network);
  release();
  await signingIn;
});

test("closing_forgets_secrets_stops_the_sign_in_and_remembers_the_rest", async () => {
  const release = fake.hold("connect");
  const flow = filled();
  const signingIn = flow.submit();
  await flow.close();
  expect(fake.callsOf("cancel_connect")).toEqual([{ platform: "slack" }]);
  expect(flow.values["bot_token"]).toBe("");
  expect(flow.remembered()).toEqual({ client_id: "C0ffee" });
  release();
  await signingIn;
});

test("what_is_no_secret_is_filled_in_at_the_next_sign_in", () => {
  const flow = new ConnectFlow(sheet("slack"), true, { client_id: "C0ffee", bot_token: "never" });
  expect(flow.values).toMatchObject({ client_id: "C0ffee", bot_token: "" });
});
