import { beforeEach, expect, onTestFinished, test } from "vitest";

import { FakeBackend, network } from "../../../tests/fake/backend";
import type { Checked, Problem } from "../bindings";
import { FieldChecks } from "./field-checks.svelte";

let fake: FakeBackend;
let entered: { [field in string]: string };
let checks: FieldChecks;

beforeEach(() => {
  fake = new FakeBackend({ people: 4 }).install();
  onTestFinished(() => fake.uninstall());
  entered = {};
  checks = new FieldChecks("webex", () => entered);
});

const answer = (field: string, changes: Partial<Checked> = {}): Checked => ({ field, state: "proven", says: "Known.", waits_for: [], missing: [], ...changes });
const wrong: Problem = { kind: "invalid", platform: "webex", message: "Unknown.", remedy: "Copy it again.", act: null };
const asked = () => fake.callsOf("check_field").map((args) => String(args["field"]));

/** Both halves of a client: one alone waits for the other. */
function client(secretIsGood = () => true): void {
  fake.on("check_field", (args) => {
    const [field, fields] = [String(args["field"]), (args["fields"] ?? {}) as { [field in string]: string }];
    const other = field === "client_id" ? "client_secret" : "client_id";
    if (!fields[other]) return answer(field, { state: "waits", says: "", waits_for: [other] });
    if (!secretIsGood()) throw wrong;
    return answer(field);
  });
}

test("what_is_empty_is_not_asked_for", async () => {
  await checks.check("client_id");
  expect([asked(), checks.of("client_id")]).toEqual([[], null]);
});

test("the_same_text_is_asked_for_once", async () => {
  entered = { client_id: "C0ffee" };
  await Promise.all([checks.check("client_id"), checks.check("client_id")]);
  await checks.check("client_id");
  expect(asked()).toEqual(["client_id"]);
  expect(checks.of("client_id")).toMatchObject({ at: "right" });
});

test("an_older_answer_never_replaces_a_newer_one", async () => {
  const answers: ((checked: Checked) => void)[] = [];
  fake.on("check_field", () => new Promise((resolve) => answers.push(resolve)));
  entered = { client_id: "old" };
  const first = checks.check("client_id");
  entered = { client_id: "new" };
  checks.changed("client_id");
  const second = checks.check("client_id");
  await expect.poll(() => answers.length).toBe(2);
  answers[1]?.(answer("client_id", { says: "The new one." }));
  await second;
  answers[0]?.(answer("client_id", { says: "The old one." }));
  await first;
  expect(checks.of("client_id")).toMatchObject({ at: "right", says: "The new one." });
});

test("an_answer_for_a_text_that_was_changed_since_counts_no_more", async () => {
  const release = fake.hold("check_field");
  entered = { client_id: "old" };
  const first = checks.check("client_id");
  checks.changed("client_id");
  release();
  await first;
  expect(checks.of("client_id")).toBeNull();
});

test("what_waits_for_another_field_is_told_when_that_one_is_there", async () => {
  client();
  entered = { client_id: "C0ffee" };
  await checks.check("client_id");
  expect(checks.of("client_id")).toEqual({ at: "waits", fields: ["client_secret"], lacking: ["client_secret"] });
  entered = { client_id: "C0ffee", client_secret: "made up" };
  await checks.check("client_secret");
  expect(asked()).toEqual(["client_id", "client_secret", "client_id"]);
  expect([checks.of("client_id")?.at, checks.of("client_secret")?.at]).toEqual(["right", "right"]);
});

test("fields_that_wait_for_each_other_for_ever_are_not_asked_for_ever", async () => {
  fake.on("check_field", (args) => answer(String(args["field"]), { state: "waits", says: "", waits_for: [String(args["field"]) === "a" ? "b" : "a"] }));
  entered = { a: "1" };
  await checks.check("a");
  entered = { a: "1", b: "2" };
  await checks.check("b");
  expect(asked()).toEqual(["a", "b", "a"]);
});

test("what_is_wrong_is_said_once_and_a_change_of_either_field_clears_it", async () => {
  let good = false;
  client(() => good);
  entered = { client_id: "C0ffee" };
  await checks.check("client_id");
  entered = { client_id: "C0ffee", client_secret: "made up" };
  await checks.check("client_secret");
  expect([checks.of("client_id")?.at, checks.of("client_secret")?.at]).toEqual(["waits", "wrong"]);
  good = true;
  entered = { client_id: "C0ffee2", client_secret: "made up" };
  checks.changed("client_id");
  expect(checks.of("client_secret")).toBeNull();
  await checks.check("client_id");
  expect([checks.of("client_id")?.at, checks.of("client_secret")?.at]).toEqual(["right", "right"]);
});

test("what_was_refused_is_asked_for_again_when_the_admin_goes_on", async () => {
  fake.on("check_field", () => {
    throw wrong;
  });
  entered = { client_id: "C0ffee" };
  await checks.check("client_id");
  await checks.check("client_id");
  expect(asked()).toHaveLength(1);
  await checks.checkAgain("client_id");
  expect(asked()).toHaveLength(2);
});

test.each([
  ["no network", "network", "unsure"],
  ["a platform that is down", "platform_down", "unsure"],
  ["a limit", "rate_limited", "unsure"],
  ["a refusal", "invalid", "wrong"],
  ["a refused token", "signed_out", "wrong"],
] as const)("a_field_is_wrong_only_where_it_is_its_own_fault: %s", async (_, kind, at) => {
  fake.refuse("check_field", { ...network, kind });
  entered = { client_id: "C0ffee" };
  await checks.check("client_id");
  expect(checks.of("client_id")?.at).toBe(at);
});

test("another_cloud_makes_every_answer_a_question_again", async () => {
  entered = { client_id: "C0ffee" };
  await checks.check("client_id");
  checks.forgetAll();
  expect(checks.of("client_id")).toBeNull();
  await checks.check("client_id");
  expect(asked()).toHaveLength(2);
});
