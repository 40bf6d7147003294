import { beforeEach, expect, onTestFinished, test } from "vitest";

import { FakeBackend, network } from "../../../tests/fake/backend";
import { sheets } from "../../../tests/fake/sheets";
import type { ConnectionView, PlatformSheet } from "../bindings";
import { Setup } from "./setup.svelte";

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

function connection(id: string): ConnectionView {
  const found = fake.cards.find((card) => card.platform === id)?.connection;
  if (!found) throw new Error(`${id} is not connected`);
  return found;
}

async function loaded(id = "webex", before: ConnectionView | null = null, demo = false): Promise<Setup> {
  const setup = new Setup(sheet(id), before, {}, demo);
  await setup.load();
  return setup;
}

const states = (setup: Setup) => Array.from({ length: setup.review + 1 }, (_, step) => setup.stateOf(step));

test("a_step_is_left_only_when_its_required_fields_are_there", async () => {
  const setup = await loaded();
  await setup.go(1);
  await setup.go(2);
  expect([setup.at, setup.missing]).toEqual([1, ["client_id", "client_secret"]]);
  setup.enter("client_id", "C0ffee");
  expect(setup.missing).toEqual(["client_secret"]);
  setup.enter("client_secret", "made up");
  await setup.go(2);
  expect(setup.at).toBe(2);
});

test("nobody_passes_a_field_that_is_wrong", async () => {
  fake.refuse("check_field", { ...network, kind: "invalid" });
  const setup = await loaded();
  await setup.go(1);
  setup.enter("client_id", "C0ffee");
  setup.enter("client_secret", "made up");
  await setup.go(3);
  expect([setup.at, states(setup)[1]]).toEqual([1, "current"]);
  await setup.go(0);
  expect([setup.at, states(setup)[1]]).toEqual([0, "wrong"]);
});

test("without_a_network_the_guide_can_be_walked_all_the_same", async () => {
  fake.refuse("check_field", network);
  const setup = await loaded();
  setup.enter("client_id", "C0ffee");
  setup.enter("client_secret", "made up");
  await setup.go(setup.review);
  expect(setup.at).toBe(setup.review);
});

test("a_jump_forward_ends_at_the_first_step_that_is_not_right", async () => {
  const setup = await loaded();
  await setup.go(setup.review);
  expect([setup.at, setup.missing]).toEqual([1, ["client_id", "client_secret"]]);
});

test("a_part_that_may_be_skipped_says_so_in_the_list_of_steps", async () => {
  const setup = await loaded();
  setup.enter("client_id", "C0ffee");
  setup.enter("client_secret", "made up");
  await setup.go(setup.review);
  expect(states(setup)).toEqual(["done", "done", "skipped", "current"]);
  setup.enter("service_app_token", "made up");
  expect(states(setup)[2]).toBe("done");
});

test("signing_in_again_begins_at_the_review_with_everything_known", async () => {
  const setup = new Setup(sheet("webex"), connection("webex"));
  await setup.load("review");
  expect([setup.at, setup.values["client_id"], setup.values["client_secret"], setup.isKept("client_secret")]).toEqual([3, "webex-client_id", "", true]);
  expect(await setup.isReady()).toBe(true);
});

test("a_secret_in_the_keychain_need_not_be_entered_and_one_that_is_entered_replaces_it", async () => {
  const setup = await loaded("webex", connection("webex"));
  await setup.go(2);
  expect(setup.at).toBe(2);
  setup.enter("client_secret", "made up");
  expect([setup.isKept("client_secret"), setup.given()["client_secret"]]).toEqual([false, "made up"]);
});

test("a_plain_field_that_was_known_and_is_emptied_is_told_as_empty_and_a_secret_never_is", async () => {
  const setup = await loaded("webex", connection("webex"));
  setup.enter("client_id", " ");
  expect(setup.given()).toEqual({ cloud: "commercial", client_id: "" });
});

test("the_guide_is_told_plain_fields_and_never_a_secret", async () => {
  const setup = await loaded("slack");
  setup.enter("client_id", " C0ffee ");
  setup.enter("bot_token", "made-up-bot");
  await setup.leave("client_id");
  expect(fake.callsOf("setup_guide").at(-1)).toEqual({ platform: "slack", entered: { cloud: "commercial", client_id: "C0ffee" } });
  expect(setup.parts[1]?.open?.url).toContain("C0ffee");
  const before = fake.callsOf("setup_guide").length;
  await setup.leave("bot_token");
  expect(fake.callsOf("setup_guide")).toHaveLength(before);
});

test("another_cloud_is_asked_for_its_own_pages_and_what_was_checked_is_asked_anew", async () => {
  const setup = await loaded("slack");
  setup.enter("client_id", "C0ffee");
  await setup.leave("client_id");
  await setup.choose("cloud", "govslack");
  expect(fake.callsOf("setup_guide").at(-1)).toMatchObject({ entered: { cloud: "govslack" } });
  expect(setup.checks.of("client_id")).toBeNull();
});

test("whether_the_browser_opens_depends_on_a_ready_token", async () => {
  const setup = await loaded("slack");
  expect(setup.opensBrowser).toBe(true);
  setup.enter("user_token", "made up");
  expect(setup.opensBrowser).toBe(false);
});

test("in_the_demo_nothing_has_to_be_entered", async () => {
  const setup = await loaded("webex", null, true);
  await setup.go(setup.review);
  expect([setup.at, setup.missing, states(setup)[2]]).toEqual([setup.review, [], "done"]);
});

test("what_was_left_out_before_stays_left_out", async () => {
  const setup = await loaded("teams", { ...connection("teams"), left_out: ["User.Invite.All"] });
  expect([...setup.leftOut]).toEqual(["User.Invite.All"]);
  setup.leaveOut("User.Invite.All", false);
  expect([...setup.leftOut]).toEqual([]);
});

test("a_guide_that_cannot_be_read_says_why_and_can_be_read_again", async () => {
  const answers = fake.callsOf.bind(fake);
  let refused = true;
  const setup = new Setup(sheet("webex"), null);
  fake.on("setup_guide", () => {
    if (refused) throw network;
    return { platform: "webex", name: "Webex", needs: [], parts: [], off_switch: "", off_switch_link: "" };
  });
  await setup.load();
  expect([setup.guide, setup.problem]).toEqual([null, network]);
  refused = false;
  await setup.load();
  expect([setup.guide === null, setup.problem, answers("setup_guide").length]).toEqual([false, null, 2]);
});
